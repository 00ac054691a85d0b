"""One suite on two cores: what runs it, and how long that takes for how many tests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from measure import Command, FailedError, Figure, Limits, by_turns, run, wall
from report import Section, Target, number, show
from suites import Suite, Workshop, has_mysql
from variants import STARTING

ONE, LOAD, SHARDS, FORKED = "one process", "-n 2", "two processes", "pytest-zygote"
OPTIONS = {
    ONE: [],
    LOAD: ["-n2"],
    "-n 2 --dist worksteal": ["-n2", "--dist=worksteal"],
    "-n 2 --maxschedchunk 20": ["-n2", "--maxschedchunk=20"],
    SHARDS: [],
    FORKED: ["--workers=2"],
}
WORK = {"": "empty", "wait": "waiting for 5 ms", "compute": "computing for 5 ms"}
Figures = dict[tuple[str, str], Figure]  # of cases and engines
TEXT = (
    "Whole processes, in ms, and how many times as fast as one process; each run starts and stops "
    "its own servers. Two processes are `--splits 2 --group 1` and `--group 2` at the same time, "
    "without pytest-xdist. Where there are two cores, `-n auto` and `-n logical` are `-n 2`. "
    "pytest-zygote forks its workers when the tests have been collected. "
)


@dataclass(frozen=True)
class Case:
    """A test and its work, so many times."""

    suite: Suite
    tests: int
    work: str = ""

    def __str__(self) -> str:
        database = self.suite.database
        where = "no database" if database == "none" else self.suite.name
        count = f"{self.tests:,} test{'s' if self.tests > 1 else ''}"
        return f"{count}, {WORK[self.work]}, {where}"


def engines(workshop: Workshop, limits: Limits) -> Section:
    """The same tests by one process and by all that divides them among two."""
    suites = [suite for suite in STARTING if suite.database != "mysql" or has_mysql()]
    none, sqlite, postgresql = suites[:3]
    ways, failed = working_ways(workshop, none)
    few, some, many, most = map(limits.tests, (100, 300, 1_000, 10_000))
    # Of the time: the longer the tests, the fewer the rounds.
    parts: list[tuple[float, list[Case], list[str]]] = [
        (0.13, [Case(suite, 1) for suite in suites], [ONE, LOAD]),
        (0.1, [Case(suite, few) for suite in suites[:3]], ways),
        (0.4, [Case(postgresql, some, work) for work in ("wait", "compute")], ways),
        (
            0.27,
            [
                *(Case(suite, many) for suite in (none, sqlite, postgresql)),
                Case(postgresql, many, "wait"),
                *(Case(suite, many, "compute") for suite in (none, sqlite, postgresql)),
            ],
            ways,
        ),
        (0.1, [Case(suite, most) for suite in (none, postgresql)], [ONE, LOAD, SHARDS]),
    ]
    for suite in suites:
        run(command_of(workshop, Case(suite, 1), LOAD))  # compiles what is imported
    figures: Figures = {}
    for share, cases, engines in parts:
        commands = {
            (str(case), way): command_of(workshop, case, way) for case in cases for way in engines
        }
        samples = by_turns(commands, limits.seconds * share, limits.rounds)
        figures |= {key: wall(taken) for key, taken in samples.items()}
    section = Section("Engines", TEXT, ["run", *ways])
    for _, cases, _ in parts:
        section.rows += [row(case, ways, figures) for case in cases]

    def later(case: Case, way: str) -> Figure:
        return figures[str(case), way] - figures[str(case), ONE]

    start = later(Case(postgresql, 1), LOAD).median
    section.text += f"Two workers start {start:.0f} ms later than one process. {failed}"
    section.text = section.text.rstrip()
    for work in ("wait", "compute"):
        for tests, limit in ((some, 1.0), (many, 1.7)):
            case = Case(postgresql, tests, work)
            section.targets.append(faster(case, LOAD, figures, limit))
    for case in (Case(none, many), Case(postgresql, many)):
        section.targets.append(faster(case, SHARDS, figures, 1.7))
    for way in (LOAD, SHARDS):
        what = f"{way}: later than one process, {Case(postgresql, most)}"
        section.targets.append(Target(what, later(Case(postgresql, most), way), round(start)))
    return section


def working_ways(workshop: Workshop, suite: Suite) -> tuple[list[str], str]:
    """Return what runs here, and a sentence about what does not."""
    try:
        run(command_of(workshop, Case(suite, 4), FORKED))
    except FailedError as error:
        return [way for way in OPTIONS if way != FORKED], f"{FORKED} fails: `{error.reason}`"
    return [*OPTIONS], ""


def command_of(workshop: Workshop, case: Case, way: str) -> Command:
    """Return how to run a case, with servers of its own."""
    command = workshop.command(
        case.suite, case.tests, *OPTIONS[way], own_server=True, variables={"WORK": case.work}
    )
    return shards(command) if way == SHARDS else command


def shards(command: Command) -> Command:
    """Return how to run both halves of a suite at the same time; both must succeed."""
    script = '"$@" --splits 2 --group 1 & "$@" --splits 2 --group 2 && wait $!'
    return replace(command, arguments=["sh", "-c", script, "sh", *command.arguments])


def row(case: Case, ways: Sequence[str], figures: Figures) -> list[str]:
    cells = [str(case)]
    for way in ways:
        if (str(case), way) not in figures:
            cells.append("")
            continue
        taken = figures[str(case), way]
        ratio = "" if way == ONE else f" ({number((figures[str(case), ONE] / taken).median)} ×)"
        cells.append(show(taken) + ratio)
    return cells


def faster(case: Case, way: str, figures: Figures, limit: float) -> Target:
    ratio = figures[str(case), ONE] / figures[str(case), way]
    return Target(f"{way}: times as fast as one process, {case}", ratio, limit, "×", at_least=True)
