"""Guards: an async test that leaks, hangs or reaches the network fails, with the line.

Load them with one line in a conftest.py, `pytest_plugins = ["tests.guards"]`. README.md
in this folder describes what each guard detects, and all settings.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from . import findings, internals, locations

# The modules of this folder that are guards, and what each of them refuses.
GUARDS = {
    "loop_scopes": "the use of an object on an event loop other than its own",
    "hangs": "awaits and calls that never end",
    "leaks": "tasks, connections and coroutines that a test leaves behind",
    "network": "connections to other machines",
    "sharing": "the use of one session or connection by two tasks at once",
    "backends": "AnyIO's tests on a backend other than the one in their name",
}
# Guards against misuse of pytest-asyncio: without it, there is nothing to check.
OF_PYTEST_ASYNCIO = ("loop_scopes", "backends")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("guards", "guards of async tests")
    names = {"guards": "all guards"}
    names |= {f"guard_{guard}": f"only {text}" for guard, text in GUARDS.items()}
    for name, text in names.items():
        default = "error" if name == "guards" else ""
        parser.addini(name, f"{' | '.join(findings.MODES)}: {text}", default=default)
        option = "--" + name.replace("_", "-")
        group.addoption(option, choices=findings.MODES, help=text)
    text = "classes whose objects only one task may use at a time, as 'package.module:Class'"
    parser.addini("guard_sharing_classes", text, type="linelist")
    text = "folders and files in which findings are errors even in report mode"
    parser.addini("guards_strict", text, type="linelist")
    text = "libraries and classes, such as lib or lib.Client, that may be left open"
    parser.addini("guard_leaks_ignore", text, type="linelist")


def pytest_configure(config: pytest.Config) -> None:
    findings.start(config)
    internals.use_settings_of(config, Path(__file__).parents[2] / "pyproject.toml")
    findings.be_strict(config.getini("guards_strict"))
    config.pluginmanager.register(locations, locations.__name__)
    for guard in GUARDS:
        module = f"{__name__}.{guard}"
        if not find_spec(module) or findings.mode(guard) == "off":
            continue
        has_plugin = config.pluginmanager.has_plugin
        if guard in OF_PYTEST_ASYNCIO and not has_plugin("asyncio"):
            continue
        if guard == "hangs" and not has_plugin("timeout"):
            findings.switch_off(guard, "pytest-timeout is not loaded")
            continue
        try:
            config.pluginmanager.register(import_module(module), module)
        except ImportError as error:  # of a name that an older library lacks
            findings.switch_off(guard, str(error))
    config.pluginmanager.register(findings, findings.__name__)  # around all others


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path) -> None:
    """Refuse a second project in one run: its tests would be the same package."""
    own = Path(__file__).parents[1]
    if (
        path.name == own.name
        and path != own
        and (path / Path(__file__).parent.name).is_dir()
    ):
        raise pytest.Collector.CollectError(
            f"{own} and {path} are both the package '{own.name}', and Python can import only one.\n"
            f"Run pytest once for each project: pytest {path}"
        )
