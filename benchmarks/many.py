"""A pytest plugin: each test as many times as the variable TESTS says."""

import os

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.fixturenames.append("number")
    metafunc.parametrize("number", range(int(os.environ["TESTS"])))
