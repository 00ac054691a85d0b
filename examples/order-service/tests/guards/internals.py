"""Every private attribute that the guards use of pytest, its plugins and asyncio.

When one is missing, the guard that needs it switches itself off with one warning that
names the attribute, and the suite runs.

| attribute                            | guard       | what it is for                  |
|--------------------------------------|-------------|---------------------------------|
| Config._inicfg, ._inicache           | (settings)  | a run from a folder above       |
| Task's context (3.11: its referents) | leaks       | whom a task was made for        |
| IsolatedAsyncioTestCase's context    | leaks       | the same, in unittest's tests   |
| asyncio's classes of transports      | leaks       | to note open connections        |
| loop._ready                          | leaks       | has the loop anything to do     |
| asyncio._get_running_loop            | leaks       | is an object made by async code |
| warnings._warn_unawaited_coroutine   | leaks       | to record a forgotten await     |
| warnings._showwarnmsg_impl           | leaks       | does a test record warnings     |
| FixtureRequest._fixture_defs         | loop_scopes | the fixtures of a test          |
| FixtureDef.cached_result, .cache_key | loop_scopes | the value of a fixture          |
| pytest-asyncio's mode, _loop_scope,  | loop_scopes | on which loop a fixture is made |
|   _force_asyncio_fixture             |             |                                 |
| AnyIO's TestRunner of each backend   | hangs       | what runs, and in which task    |
| Trio's Task._attempt_abort           | hangs       | to interrupt an await           |
"""

import asyncio
import asyncio.base_subprocess
import asyncio.sslproto
import contextvars
import gc
import sys
import warnings
from collections.abc import Callable, Coroutine, Iterable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar

import pytest

from .findings import switch_off

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D")
Fixture = pytest.FixtureDef[Any]


def needed_by(guard: str, without: D) -> Callable[[Callable[P, T]], Callable[P, T | D]]:
    """Switch a guard off when the function finds no such attribute; then return `without`."""

    def decorate(function: Callable[P, T]) -> Callable[P, T | D]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T | D:
            try:
                return function(*args, **kwargs)
            except (AttributeError, ImportError) as error:
                switch_off(guard, str(error))
                return without

        return call

    return decorate


@needed_by("settings", None)
def use_settings_of(config: pytest.Config, pyproject: Path) -> None:
    """Fill in a project's settings in a run that starts in a folder above it."""
    is_inside = config.inipath and config.inipath.parent == pyproject.parent
    if is_inside or not pyproject.exists():
        return
    import tomllib

    tools = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("tool", {})
    settings = tools.get("pytest", {})
    settings.pop("ini_options", None)
    if settings:  # of a project with pytest 9 or later
        from _pytest.config.findpaths import ConfigValue

        for name, value in settings.items():
            if name not in config._inicfg:
                config._inicfg[name] = ConfigValue(value, origin="file", mode="toml")
                config._inicache.pop(name, None)


@needed_by("leaks", None)
def context_of(task: asyncio.Task[Any]) -> contextvars.Context | None:
    if sys.version_info >= (3, 12):
        return task.get_context()
    else:
        found = (
            part for part in gc.get_referents(task) if type(part) is contextvars.Context
        )
        return next(found, None)


def context_of_case(item: pytest.Item) -> contextvars.Context | None:
    """Return the context of a test of unittest, which is copied when tests are collected."""
    case: Any = getattr(item, "instance", None)
    context: contextvars.Context | None = getattr(case, "_asyncioTestContext", None)
    return context


def module_of(task: asyncio.Task[Any]) -> str:
    """Return the name of the module whose code a task runs."""
    frame = getattr(task.get_coro(), "cr_frame", None)
    return str(frame.f_globals.get("__name__", "")) if frame else ""


@needed_by("leaks", None)
def running_loop() -> asyncio.AbstractEventLoop | None:
    return asyncio._get_running_loop()


@needed_by("leaks", ())
def transports() -> tuple[type[Any], ...]:
    """Return the classes of asyncio's own transports, not those derived by others."""
    module: Any = asyncio
    kinds = (
        asyncio.base_subprocess.BaseSubprocessTransport,
        module.sslproto._SSLProtocolTransport,
    )
    if sys.platform == "win32":
        return (*kinds, module.proactor_events._ProactorBasePipeTransport)
    return (
        *kinds,
        module.selector_events._SelectorSocketTransport,
        module.selector_events._SelectorDatagramTransport,
        module.unix_events._UnixReadPipeTransport,
        module.unix_events._UnixWritePipeTransport,
    )


@needed_by("leaks", False)
def has_ready(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether a loop has callbacks to run now; uvloop does not say."""
    return bool(getattr(loop, "_ready", True))


def imported(name: str) -> type[Any] | None:
    """Return the class `package.module.Class`; a test may put anything in its place."""
    module, _, attribute = name.rpartition(".")
    kind = getattr(sys.modules.get(module), "__dict__", {}).get(attribute)
    return kind if issubclass(type(kind), type) else None


def is_accepted(arguments: Iterable[object]) -> bool:
    """Tell whether a transport with these arguments is the server's side of a connection."""
    return any(
        type(each) is asyncio.Server or getattr(each, "_server_side", False)
        for each in arguments
        if type(each).__module__.startswith("asyncio.")
    )


@needed_by("leaks", None)
def record_unawaited(
    patch: pytest.MonkeyPatch,
    hear: Callable[[Coroutine[Any, Any, Any], str], bool],
    depth: int,
) -> None:
    """Call `hear` for a coroutine that was never awaited, else warn as Python does.

    The text of the warning is the one without the tracking of origins.
    """
    module: Any = warnings
    warn = module._warn_unawaited_coroutine

    def warn_unawaited(coroutine: Any) -> None:
        text = f"coroutine '{coroutine.__qualname__}' was never awaited"
        if hear(coroutine, text):
            return
        if sys.get_coroutine_origin_tracking_depth() > depth:
            warn(coroutine)
        else:
            warnings.warn(text, RuntimeWarning, stacklevel=2, source=coroutine)

    patch.setattr(warnings, "_warn_unawaited_coroutine", warn_unawaited)


@needed_by("leaks", None)
def recorder_of_warnings() -> object:
    """Return what warnings go to; another one than before records them."""
    module: Any = warnings
    return module._showwarnmsg_impl


@needed_by("loop_scopes", dict[str, Fixture]())
def active_fixtures(request: Any) -> dict[str, Fixture]:
    return dict(request._fixture_defs)


@needed_by("loop_scopes", None)
def value_of(fixture: Fixture) -> tuple[object] | None:
    """Return the value of a fixture that is set up, in a tuple."""
    result = fixture.cached_result
    return (result[0],) if result else None


@needed_by("loop_scopes", None)
def keep_reason(fixture: Fixture, request: Any, error: BaseException) -> None:
    """Let the next test that wants a refused fixture meet the same error."""
    if fixture.cached_result is None:
        key = fixture.cache_key(request)
        fixture.cached_result = (None, key, (error, error.__traceback__))


@needed_by("loop_scopes", None)
def request_of(item: Any) -> Any:
    return item._request


@needed_by("loop_scopes", "")
def asyncio_mode(config: pytest.Config) -> str:
    return str(config.getoption("asyncio_mode") or config.getini("asyncio_mode"))


def is_marked_for_asyncio(function: object, default: bool) -> bool:
    return bool(getattr(function, "_force_asyncio_fixture", default))


def loop_scope_of(function: object) -> str | None:
    scope: str | None = getattr(function, "_loop_scope", None)
    return scope


def backend_of_anyio(name: str) -> Any:
    return import_module(f"anyio._backends._{name}")


@needed_by("hangs", None)
def wrap_runner(
    patch: pytest.MonkeyPatch, backend: str, wrap: Callable[[Any], Any]
) -> None:
    """Wrap the method that runs all tests and fixtures of a backend of AnyIO."""
    runner, name = backend_of_anyio(backend).TestRunner, "_call_in_runner_task"
    patch.setattr(runner, name, wrap(getattr(runner, name)))


def file_of_backend(backend: str) -> str:
    return str(backend_of_anyio(backend).__file__)


@needed_by("hangs", None)
def interrupt(task: Any, fail: Callable[[], NoReturn]) -> None:
    """Let an await of a task of Trio raise, if it can be cancelled."""
    if task._abort_func:
        task._attempt_abort(fail)
