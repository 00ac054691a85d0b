"""A plugin that counts what a worker sends, and what the guards do with it."""

import json
import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from xdist.workermanage import WorkerController

counts = Counter()
process = WorkerController.process_from_remote


def process_and_count(self, event):
    counts["messages"] += 1
    counts["bytes"] += len(repr(event))
    return process(self, event)


WorkerController.process_from_remote = process_and_count


def count_guards(frame, event, _):
    is_guard = f"{os.sep}guards{os.sep}" in frame.f_code.co_filename
    counts["guards"] += event == "call" and is_guard


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session):
    if hasattr(session.config, "workerinput"):
        return (yield)
    sys.setprofile(count_guards)
    result = yield
    sys.setprofile(None)
    Path(os.environ["COUNTS"]).write_text(json.dumps(counts))
    return result
