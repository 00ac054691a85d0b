"""Findings: what a guard has found fails the test, or is counted in a summary.

A guard calls `found(...)`; the mode decides. Findings of a test that fails on its own are
a section of its report. Findings without a test are reported for the run.
"""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast
from warnings import WarningMessage

import pytest

Mode = Literal["error", "report", "off"]
MODES: tuple[Mode, ...] = ("error", "report", "off")
WORST = 10  # tests that the summary lists


class Finding(NamedTuple):
    """What a guard has found."""

    guard: str
    kind: str  # what the summary counts, as in "task still pending"
    text: str  # what happened, where and what to do; its first line says it all
    mode: str
    nodeid: str = ""  # of the test; that of a finding of the run is empty
    hint: str = ""  # what to do, said once for all findings that share it


class Refusal(pytest.fail.Exception):  # type: ignore[name-defined,misc]
    """What a guard raises in the code under test: its finding is recorded already."""


@dataclass
class Run:
    """The findings of a run, and the guards that had to switch themselves off."""

    config: pytest.Config
    findings: list[Finding] = field(default_factory=list)
    strict: list[Path] = field(default_factory=list)  # its findings are errors
    switched_off: set[str] = field(default_factory=set)


FINDINGS = pytest.StashKey[list[Finding]]()  # of a test, since its last report
RAISED = pytest.StashKey[bool]()  # the findings are what the report is about
FAILED = pytest.StashKey[bool]()  # an earlier phase of the test
run: Run


def start(config: pytest.Config) -> None:
    global run
    run = Run(config)


def be_strict(paths: list[str]) -> None:
    """Make findings errors in these folders and files of the settings."""
    folders = run.config.rootpath, Path(__file__).parents[2]  # of a run from above
    for path in paths:
        existing = [folder / path for folder in folders if (folder / path).exists()]
        if not existing:
            text = f"guards_strict: there is no file or folder {path!r}"
            raise pytest.UsageError(text)
        run.strict.append(existing[0])


def mode(guard: str, item: pytest.Item | None = None) -> Mode:
    """Return the mode of a guard, for a test or for the run."""
    config = run.config
    if guard in run.switched_off:
        return "off"
    name = f"guard_{guard}"
    chosen = (
        config.getoption(name, None)
        or config.getoption("guards", None)
        or config.getini(name)
        or config.getini("guards")
    )
    if chosen not in MODES:
        raise pytest.UsageError(f"guards: {chosen!r} is none of {', '.join(MODES)}")
    is_strict = item and any(map(item.path.is_relative_to, run.strict))
    if chosen == "report" and is_strict:
        return "error"
    return cast(Mode, chosen)


def found(
    guard: str, kind: str, text: str, item: pytest.Item | None = None, hint: str = ""
) -> None:
    """Record a finding against a test, or against the run if no test is known."""
    nodeid = item.nodeid if item else ""
    finding = Finding(guard, kind, text, mode(guard, item), nodeid, hint)
    if finding.mode == "off":
        return
    if item:
        item.stash.setdefault(FINDINGS, []).append(finding)
    else:
        run.findings.append(finding)


def refuse(guard: str, kind: str, text: str, item: pytest.Item | None) -> None:
    """Fail at once, or record the finding and go on."""
    __tracebackhide__ = True
    if mode(guard, item) == "error":
        pytest.fail(text, pytrace=False)
    found(guard, kind, text, item)


def texts_of(findings: list[Finding]) -> str:
    """Return the texts of findings, then what to do, each once."""
    lines = [each.text for each in findings] + [each.hint for each in findings]
    return "\n".join(filter(None, dict.fromkeys(lines)))


def is_allowed(item: pytest.Item, marker_name: str) -> bool:
    """Tell whether a test has this marker, which must give the reason."""
    marker = item.get_closest_marker(marker_name)
    without_reason = marker and not (marker.args or marker.kwargs)
    if without_reason and mode(marker_name.removeprefix("allow_"), item) == "error":
        text = f'Give the reason: @pytest.mark.{marker_name}("reason")'
        pytest.fail(text, pytrace=False)
    return marker is not None


def has_failed(item: pytest.Item) -> bool:
    """Tell whether an earlier phase of a test has failed."""
    return item.stash.get(FAILED, False)


def switch_off(guard: str, reason: str) -> None:
    """Go on without a guard, with one warning."""
    if guard in run.switched_off:
        return
    run.switched_off.add(guard)
    text = f"the guard '{guard}' is off: {reason}"
    # Reported as pytest reports its own, so that `-W error` does not end the run.
    run.config.hook.pytest_warning_recorded.call_historic(
        kwargs={
            "warning_message": WarningMessage(
                pytest.PytestWarning(text), pytest.PytestWarning, __file__, 1
            ),
            "nodeid": "",
            "when": "runtest",
            "location": None,
        }
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def phase(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a phase of a test in which a guard has found something."""
    __tracebackhide__ = True
    result = yield
    errors = [each for each in item.stash.get(FINDINGS, []) if each.mode == "error"]
    if errors and not has_failed(item):
        item.stash[RAISED] = True
        pytest.fail(texts_of(errors), pytrace=False)
    return result


pytest_runtest_setup = pytest_runtest_call = pytest_runtest_teardown = phase


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Send the findings with the report, and show them if the test fails anyway."""
    report = yield
    item.stash[FAILED] = report.when != "setup" and item.stash.get(FAILED, False)
    findings = item.stash.get(FINDINGS, [])
    if findings:
        vars(report)["findings"] = [tuple(each) for each in findings]
        if item.stash.get(RAISED, False):
            if report.failed:  # and not expected to
                report.longrepr = texts_of(findings)
        else:
            heading = f"Also found by the guards during {report.when}"
            failure: Any = report.longrepr
            if report.failed and hasattr(failure, "addsection"):
                failure.addsection(heading, texts_of(findings))
            else:
                report.sections.append((heading, texts_of(findings)))
        item.stash[FINDINGS] = []
        item.stash[RAISED] = False
    item.stash[FAILED] |= report.failed
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    for each in vars(report).get("findings", []):
        run.findings.append(Finding(*each))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for what no test is to blame for."""
    output = getattr(session.config, "workeroutput", None)
    of_run = [each for each in run.findings if not each.nodeid]
    if output is not None:  # a worker of pytest-xdist
        output["findings"] = [tuple(each) for each in of_run]
    elif session.exitstatus == 0 and any(each.mode == "error" for each in of_run):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    output = getattr(node, "workeroutput", {})
    run.findings += [Finding(*each) for each in output.get("findings", [])]


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    of_run = [each for each in run.findings if not each.nodeid and each.mode == "error"]
    if of_run:
        terminalreporter.section("found by the guards, in no single test", red=True)
        terminalreporter.write_line(texts_of(of_run))
    reported = [each for each in run.findings if each.mode == "report"]
    if reported:
        summarise(terminalreporter, reported)


def summarise(terminal: "pytest.TerminalReporter", findings: list[Finding]) -> None:
    """Write what would have failed, by kind and by test, and how to make it fail."""
    terminal.section("found by the guards, which are in report mode", yellow=True)
    tests: dict[str, list[Finding]] = {}
    for each in findings:
        tests.setdefault(each.nodeid or "(in no single test)", []).append(each)
    kinds = Counter((each.guard, each.kind) for each in findings)
    for (guard, kind), count in kinds.most_common():
        terminal.write_line(f"{count:6} {kind} ({guard})")
    worst = sorted(tests, key=lambda nodeid: -len(tests[nodeid]))
    terminal.write_line(f"\nIn {len(tests)} tests; those with the most:")
    for nodeid in worst[:WORST]:
        terminal.write_line(f"{len(tests[nodeid]):6} {nodeid}")
        for text in dict.fromkeys(each.text for each in tests[nodeid]):
            terminal.write_line(f"       {text.splitlines()[0]}")
    guard, _ = kinds.most_common()[-1][0]
    files = [each.nodeid.partition("::")[0] for each in findings if each.nodeid]
    easiest = Counter(files or ["tests"]).most_common()[-1][0]
    error, strict = '"error"', f'["{easiest}"]'
    if run.config.inipath and run.config.inipath.suffix != ".toml":
        error, strict = "error", easiest
    terminal.write_line(
        "\nTo make them errors step by step, name files or folders in pytest's settings,\n"
        f"guards_strict = {strict}, then single guards, guard_{guard} = {error},\n"
        f"and finally all, guards = {error}."
    )
