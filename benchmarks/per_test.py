"""What one test costs, and what more than an empty one beside it in the same process."""

from collections.abc import Callable, Sequence
from functools import partial

from charts import bars
from measure import FailedError, Figure, Limits, by_turns
from report import Section, Target, show
from suites import Suite, Times, Workshop, has_mysql
from variants import DATABASES, EMPTY, HTTP, SERVICES, empty

DATABASE_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL"}


class PerTest:
    """Milliseconds per test of each suite, without its start-up and its end."""

    def __init__(self, workshop: Workshop, suites: Sequence[Suite], limits: Limits) -> None:
        self.failed: dict[str, str] = {}
        measured: dict[str, Callable[[], Times]] = {}
        for suite in suites:
            try:
                workshop.times(suite, 4)  # compiles what is imported
            except FailedError as error:
                self.failed[suite.name] = error.reason
            else:
                number = limits.tests(suite.tests / limits.rounds)
                measured[suite.name] = partial(workshop.times, suite, number)
        self._times = by_turns(measured, limits.seconds, limits.rounds)

    def tests(self, name: str) -> int:
        """Return how many tests were measured in all rounds."""
        return sum(times.number for times in self._times[name])

    def wall(self, name: str) -> Figure:
        return Figure(tuple(times.wall for times in self._times[name]))

    def cpu(self, name: str) -> Figure:
        return Figure(tuple(times.cpu for times in self._times[name]))

    def extra(self, name: str) -> Figure:
        """Return what a test costs more than the empty ones between which it ran."""
        return Figure(tuple(times.wall - times.floor for times in self._times[name]))

    def ratio(self, name: str, mine: str) -> Figure:
        """Return how many times as much a test costs as ours, each above an empty one."""
        return self.extra(name) / self.extra(mine)


def compared(title: str, text: str, costs: PerTest, suites: Sequence[Suite]) -> Section:
    """Return the table of suites side by side."""
    head = ["suite", "loop", "tests", "ms per test", "above an empty one", "CPU ms per test"]
    section = Section(title, text, head)
    for suite in suites:
        name = suite.name
        if name in costs.failed:
            row = [name, suite.loop, "", "does not work", "", f"`{costs.failed[name]}`"]
        else:
            empty_one = empty(suite.loop).name
            wall = costs.wall(name)
            extra = costs.extra(name) if suite.has_floor else wall - costs.wall(empty_one)
            columns = map(show, (wall, extra, costs.cpu(name)))
            row = [name, suite.loop, str(costs.tests(name)), *columns]
        section.rows.append(row)
    return section


def empty_tests(workshop: Workshop, limits: Limits) -> Section:
    """What pytest and pytest-asyncio cost, and what our guards add."""
    costs = PerTest(workshop, EMPTY, limits)
    text = (
        "Empty tests in a generated project. Without the guards it is what pytest, "
        "pytest-asyncio and pytest-timeout take. Each suite is a process of its own."
    )
    section = compared("Empty tests", text, costs, EMPTY)
    for scope, limit in (("session", 0.2), ("function", 0.3)):
        plain, guarded, scheduled = (
            costs.wall(empty(scope, "auto", *plugins).name)
            for plugins in ((), ("guards",), ("guards", "scheduling"))
        )
        what = f"{scope} loop, per test"
        section.targets += [
            Target(f"all guards, {what}", guarded - plain, limit),
            Target(f"virtual time and interleavings, unused, {what}", scheduled - guarded, 0.05),
        ]
    return section


def database_tests(workshop: Workshop, limits: Limits) -> Section:
    """Our fixtures beside the recipes that people use."""
    suites = [suite for suite in DATABASES if suite.database != "mysql" or has_mysql()]
    costs = PerTest(workshop, suites, limits)
    text = (
        "One insert and one select, and an empty database for the next test. All suites of "
        "PostgreSQL share one server, those of MySQL as well: as our fixtures start it, in "
        "memory and tuned for tests. On disk: a server with the settings that PostgreSQL comes "
        "with, as TEST_DATABASE_URL may name one. Ours have all guards on, and so have the empty "
        "tests between which they run."
    )
    section = compared("Database tests", text, costs, suites)
    mine = "PostgreSQL, ours"
    section.targets += [
        Target("PostgreSQL test above an empty one, guards on", costs.extra(mine), 1.0),
        *(
            Target(f"{name}: × ours, above an empty test", figure, limit, "×", at_least=True)
            for name, ours, limit in (
                ("PostgreSQL, connect per test", mine, 5),
                ("PostgreSQL, clone per test", mine, 50),
                ("PostgreSQL on disk, clone per test", "PostgreSQL on disk, ours", 50),
            )
            for figure in [costs.ratio(name, ours)]
        ),
        Target("SQLite test above an empty one, guards on", costs.extra("SQLite, ours"), 0.8),
        Target(
            "SQLite on a function loop, above an empty test, against in memory per test",
            costs.ratio("SQLite, ours, function loop", "SQLite, in memory per test"),
            1.0,
            "×",
        ),
    ]
    for database, name in DATABASE_NAMES.items():
        if of_database := [suite for suite in suites if suite.database == database]:
            title = f"{name}, one insert and one select: milliseconds above an empty async test"
            section.pictures[f"{database}.svg"] = picture_of(title, costs, of_database)
    return section


def http_tests(workshop: Workshop, limits: Limits) -> Section:
    """Our fixtures beside a client per test and the libraries that fake answers."""
    suites = HTTP
    costs = PerTest(workshop, suites, limits)
    text = (
        "One request whose answer is a user as JSON. "
        "A new client of HTTPX and HTTPX2 reads the certificates, which is most of its time."
    )
    section = compared("HTTP tests", text, costs, suites)
    for mine in ("HTTPX2, ours, loopback", "HTTPX, ours, loopback", "aiohttp, ours, loopback"):
        figure = costs.extra(mine)
        section.targets.append(Target(f"{mine}: above an empty test, guards on", figure, 4))
    for mine in ("HTTPX2, ours, in process", "HTTPX, ours, in process"):
        figure = costs.extra(mine)
        section.targets.append(Target(f"{mine}: above an empty test, guards on", figure, 0.4))
    for other, mine, limit in (
        ("HTTPX2, client per test", "HTTPX2, ours, loopback", 6),
        ("HTTPX, client per test", "HTTPX, ours, loopback", 6),
        ("HTTPX2, pytest-httpx2", "HTTPX2, ours, in process", 50),
        ("HTTPX, respx", "HTTPX, ours, in process", 50),
        ("HTTPX, pytest-httpx", "HTTPX, ours, in process", 50),
    ):
        if other not in costs.failed:
            what = f"{other}: × ours, above an empty test"
            figure = costs.ratio(other, mine)
            section.targets.append(Target(what, figure, limit, "×", at_least=True))
    title = "One HTTP request: milliseconds above an empty async test"
    section.pictures["http.svg"] = picture_of(title, costs, suites)
    return section


def service_tests(workshop: Workshop, limits: Limits) -> Section:
    """A request through the application, and a round trip to Redis."""
    suites = SERVICES
    costs = PerTest(workshop, suites, limits)
    text = "A request to the application in process, which stores a row; and one command to Redis."
    section = compared("Tests of services", text, costs, suites)
    for suite, limit in zip(SERVICES, (2.5, 2.5, 0.5), strict=True):
        figure = costs.extra(suite.name)
        what = f"{suite.name}: above an empty test, guards on"
        section.targets.append(Target(what, figure, limit))
    return section


def picture_of(title: str, costs: PerTest, suites: Sequence[Suite]) -> str:
    """Draw what the suites cost above an empty test."""
    return bars(
        title,
        "ms",
        [
            (suite.name, costs.extra(suite.name).median, suite.answers is not None)
            for suite in suites
            if suite.name not in costs.failed
        ],
    )
