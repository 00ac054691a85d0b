"""Run a suite in the Python of its project and write down what happens.

The report starts this file by itself: `recording.py FILE ROOT BASE PLUGIN ARGUMENTS…`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

STRICT = (
    *("strict_markers", "strict_config", "strict_xfail"),
    "strict_parametrization_ids",
)
ERRORS = "filterwarnings = error"
REQUIREMENTS = Path(__file__).parents[1] / "fixtures" / "requirements.txt"


def record(path: str, root: str, base: str, plugin: str, *arguments: str) -> int:
    """Run pytest in this process, which is the project's Python, and note what happens."""
    import pytest

    sys.path[:1] = [root, base] if base != root else [root]

    def note(**entry: Any) -> None:
        """Write it at once, because a run may be killed."""
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry, default=str) + "\n")

    class Recorder:
        def pytest_sessionstart(self, session: pytest.Session) -> None:
            note(about=about(session.config))

        def pytest_collection_finish(self, session: pytest.Session) -> None:
            note(collected=len(session.items))

        @pytest.hookimpl(optionalhook=True)
        def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
            note(collected=len(ids))

        def pytest_runtest_logstart(self, nodeid: str) -> None:
            note(started=nodeid)

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            outcome = report.outcome
            if hasattr(report, "wasxfail"):
                outcome = "xpassed" if report.passed else "xfailed"  # type: ignore[assignment]
            note(
                test=report.nodeid,
                when=report.when,
                outcome=outcome,
                seconds=report.duration,
                problem=problem_of(report) if outcome == "failed" else "",
                findings=[as_dict(each) for each in vars(report).get("findings", [])],
            )

        def pytest_collectreport(self, report: pytest.CollectReport) -> None:
            if report.failed:
                note(broken={report.nodeid: str(report.longrepr).strip()})

        def pytest_warning_recorded(self, warning_message: Any, nodeid: str) -> None:
            kind = warning_message.category.__name__
            text = " ".join(f"{nodeid} {warning_message.message}".split())
            note(warnings=[{"kind": kind, "text": text}])

        def pytest_unconfigure(self) -> None:
            findings = sys.modules.get(f"{plugin}.findings")
            of_run = getattr(findings, "run", None)
            left = [each for each in getattr(of_run, "findings", []) if not each.nodeid]
            note(findings=[as_dict(each) for each in left])

    def problem_of(report: pytest.TestReport) -> str:
        crash = getattr(report.longrepr, "reprcrash", None)
        return (
            str(getattr(crash, "message", report.longreprtext)).strip().split("\n")[0]
        )

    def as_dict(finding: Any) -> dict[str, str]:
        names = ("guard", "kind", "text", "mode", "nodeid", "hint")
        return dict(zip(names, finding, strict=False))

    has_coverage = bool(find_spec("pytest_cov"))
    return int(pytest.main([*arguments, *["--no-cov"] * has_coverage], [Recorder()]))


def about(config: pytest.Config) -> dict[str, Any]:
    """Return what pytest says of the suite's configuration."""
    import pytest

    def ini(name: str) -> Any:
        try:
            return config.getini(name) or ""
        except (KeyError, ValueError):
            return ""

    plugins = {
        distribution.metadata["Name"].lower().replace("_", "-"): distribution.version
        for _, distribution in config.pluginmanager.list_plugin_distinfo()
    }
    return {
        "python": sys.version_info[:3],
        "pytest": pytest.__version__,
        "plugins": plugins,
        "inipath": str(config.inipath or ""),
        "importmode": config.getoption("importmode", ""),
        "asyncio_mode": str(
            config.getoption("asyncio_mode", None) or ini("asyncio_mode")
        ),
        "fixture_scope": ini("asyncio_default_fixture_loop_scope"),
        "test_scope": ini("asyncio_default_test_loop_scope"),
        "pythonpath": [str(path) for path in ini("pythonpath")],
        "missing": list(missing()),
        "schema": ini("database_schema"),
        "timeout": config.getoption("timeout", None) or ini("timeout"),
        "strict": [
            *(name for name in STRICT if ini(name) or config.getoption(name, None)),
            *(STRICT if ini("strict") else ()),
            *([ERRORS] if "error" in ini("filterwarnings") else ()),
        ],
    }


def missing() -> Iterator[str]:
    """Yield what the fixtures need and this Python does not have."""
    text = REQUIREMENTS.read_text(encoding="utf-8") if REQUIREMENTS.exists() else ""
    for name in (line for line in text.splitlines() if not line.startswith("#")):
        try:
            version(name)
        except PackageNotFoundError:
            yield name


if __name__ == "__main__":
    sys.exit(record(*sys.argv[1:]))
