"""A plugin that counts the calls of Python functions, and what is left in memory."""

import gc
import json
import os
import resource
import sys
from collections import Counter
from pathlib import Path

import pytest

counts = Counter()
phase = "other"


def count(frame, event, _):
    if event == "call":
        file = frame.f_code.co_filename
        counts[phase] += 1
        if f"{os.sep}guards{os.sep}" in file:
            counts["guards"] += 1


def blocks():
    gc.collect()
    return sys.getallocatedblocks()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection():
    global phase
    phase = "collection"
    counts["blocks"] -= blocks()
    sys.setprofile(count)
    result = yield
    sys.setprofile(None)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop():
    global phase
    phase = "tests"
    sys.setprofile(count)
    result = yield
    sys.setprofile(None)
    return result


def pytest_sessionfinish():
    counts["blocks"] += blocks()
    unit = 1 if sys.platform == "darwin" else 1024
    counts["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    Path(os.environ["COUNTS"]).write_text(json.dumps(counts))
