"""A pytest plugin: repeat each test TESTS times, alternating the tests of a file, and record their times."""

import json
import os
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest

collection = 0.0
# Of each test function: wall and CPU time of each run, in milliseconds, fixtures included.
tests: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.fixturenames.append("number")
    metafunc.parametrize("number", range(int(os.environ["TESTS"])))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    global collection
    began = time.perf_counter()
    result = yield
    collection = (time.perf_counter() - began) * 1000
    return result


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    by_name: defaultdict[str, list[pytest.Function]] = defaultdict(list)
    for item in items:
        by_name[item.originalname].append(item)
    items[:] = [item for turn in zip(*by_name.values(), strict=True) for item in turn]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Function) -> Generator[None, object, object]:
    began, began_cpu = time.perf_counter(), time.process_time()
    result = yield
    took = (time.perf_counter() - began, time.process_time() - began_cpu)
    tests[item.originalname].append((took[0] * 1000, took[1] * 1000))
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Make the test as long as WORK says: 5 ms of waiting, or of a processor's time."""
    result = yield
    if os.environ.get("WORK") == "wait":
        time.sleep(0.005)
    elif os.environ.get("WORK") == "compute":
        end = time.thread_time() + 0.005
        while time.thread_time() < end:
            pass
    return result


def pytest_sessionfinish() -> None:
    if "TIMES" in os.environ:
        times = {"collection": collection, "tests": tests}
        Path(os.environ["TIMES"]).write_text(json.dumps(times))
