import asyncio

{{ 'import pytest\n' if cookiecutter.asyncio_mode == 'strict' else '' }}import pytest_asyncio
import uvloop

{% include "event_loop/loops.py" %}

{{ cookiecutter.__async_test }}async def test_tests_and_fixtures_run_on_uvloop(loop: Loop) -> None:
    assert isinstance(loop, uvloop.Loop)
    assert asyncio.get_running_loop() is loop


def test_fixtures_of_sync_tests_run_on_uvloop(loop: Loop) -> None:
    assert isinstance(loop, uvloop.Loop)
