{% if cookiecutter.event_loop == "uvloop" -%}
import asyncio

{{ 'import pytest\n' if cookiecutter.asyncio_mode == 'strict' else '' }}import pytest_asyncio
import uvloop

Loop = asyncio.AbstractEventLoop


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def loop() -> Loop:
    return asyncio.get_running_loop()


{{ cookiecutter.__async_test }}async def test_tests_and_fixtures_run_on_uvloop(loop: Loop) -> None:
    assert isinstance(loop, uvloop.Loop)
    assert asyncio.get_running_loop() is loop


def test_fixtures_of_sync_tests_run_on_uvloop(loop: Loop) -> None:
    assert isinstance(loop, uvloop.Loop)
{% else -%}
import asyncio

import pytest
import pytest_asyncio
import uvloop

Loop = asyncio.AbstractEventLoop


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def loop() -> Loop:
    return asyncio.get_running_loop()


def is_as_named(loop: Loop, request: pytest.FixtureRequest) -> bool:
    """Tell whether a loop is the one in the name of the test, such as test_x[uvloop]."""
    name = "uvloop" if isinstance(loop, uvloop.Loop) else "asyncio"
    return bool(request.node.name == f"{request.function.__name__}[{name}]")


{{ cookiecutter.__async_test }}async def test_each_test_runs_on_the_loop_in_its_name(
    loop: Loop, request: pytest.FixtureRequest
) -> None:
    assert is_as_named(loop, request)
    assert asyncio.get_running_loop() is loop


def test_fixtures_of_sync_tests_run_on_the_loop_in_their_name(
    loop: Loop, request: pytest.FixtureRequest
) -> None:
    assert is_as_named(loop, request)


def test_what_needs_no_loop_runs_once(request: pytest.FixtureRequest) -> None:
    assert request.node.name == request.function.__name__
{% endif -%}
