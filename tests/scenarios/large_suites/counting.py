"""A plugin that counts the calls of Python functions, and the memory of the process."""

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


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection():
    global phase
    phase = "collection"
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
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    file = Path(os.environ["COUNTS"])
    file.write_text(json.dumps({**counts, "memory": memory}))
