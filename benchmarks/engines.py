"""One suite on two cores: what runs it, and how long that takes for how many tests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from measure import Command, FailedError, Figure, Limits, Part, in_order_of_need, run, wall
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
    "its own servers. All engines of a row alternated, round by round. Two processes are "
    "`--splits 2 --group 1` and `--group 2` at the same time, without pytest-xdist. Where there are two cores, `-n auto` and `-n logical` are `-n 2`. "
    "pytest-zygote forks its workers when the tests have been collected. "
)


@dataclass(frozen=True)
class Case:
    """A test and its work, so many times."""

    suite: Suite
    tests: int
    work: str = ""

    @property
    def seconds(self) -> float:
        """About how long one process takes."""
        return 1 + self.tests * (0.0075 if self.work else 0.002)

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
    main = [way for way in (ONE, LOAD, SHARDS, FORKED) if way in ways]
    unforked = [ONE, LOAD, SHARDS]
    few, some, many, most = map(limits.tests, (100, 300, 1_000, 10_000))

    # The first four say when more than one process pays; the longest come last.
    compared: list[tuple[list[Case], list[str], bool]] = [
        ([Case(suite, 1) for suite in suites], [ONE, LOAD], True),
        ([Case(postgresql, some, work) for work in ("wait", "compute")], ways, True),
        ([Case(postgresql, many, work) for work in WORK], main, True),
        ([Case(postgresql, most)], unforked, True),
        ([Case(suite, few) for suite in suites[:3]], main, False),
        ([Case(suite, many) for suite in (none, sqlite)], main, False),
        ([Case(suite, many, "compute") for suite in (none, sqlite)], main, False),
        ([Case(none, most)], unforked, False),
        ([Case(postgresql, most, "wait")], unforked, False),
        ([Case(sqlite, most)], unforked, False),
        ([Case(postgresql, most, "compute")], unforked, False),
    ]
    parts = [
        Part(
            {
                (str(case), way): command_of(workshop, case, way)
                for case in cases
                for way in engines
            },
            sum(case.seconds for case in cases) * len(engines),
            is_needed,
        )
        for cases, engines, is_needed in compared
    ]
    for suite in suites:
        run(command_of(workshop, Case(suite, 1), LOAD))  # compiles what is imported
    in_order_of_need(parts, limits.seconds, limits.rounds)
    figures: Figures = {
        key: wall([samples[key] for samples in part.samples])
        for part in parts
        if part.rounds
        for key in part.commands
    }
    measured = [case for cases, *_ in compared for case in cases if (str(case), ONE) in figures]
    measured.sort(key=lambda case: (case.tests, [*WORK].index(case.work), suites.index(case.suite)))
    section = Section("Engines", TEXT, ["run", "rounds", *ways])
    section.rows = [row(case, ways, figures) for case in measured]

    def later(case: Case, way: str) -> Figure:
        return figures[str(case), way] - figures[str(case), ONE]

    start = later(Case(postgresql, 1), LOAD).median
    section.text += f"Two workers start {start:.0f} ms later than one process. {failed}"
    section.text = section.text.rstrip()
    for work in ("wait", "compute"):
        for tests, limit in ((some, 1.0), (many, 1.7)):
            case = Case(postgresql, tests, work)
            section.targets += [faster(case, way, figures, limit) for way in (LOAD, SHARDS)]
    section.targets.append(faster(Case(postgresql, many), SHARDS, figures, 1.7))
    for way in (LOAD, SHARDS):
        for tests in (many, most):
            what = f"{way}: later than one process, {Case(postgresql, tests)}"
            section.targets.append(Target(what, later(Case(postgresql, tests), way), round(start)))
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
    cells = [str(case), str(len(figures[str(case), ONE].values))]
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
