"""What one test costs: whole processes with many tests, less the same with one."""

from collections.abc import Callable, Sequence

from charts import bars
from measure import Command, FailedError, Figure, Limits, Sample, by_turns, cpu, run, wall
from report import Section, Target, show
from suites import Suite, Workshop, has_mysql
from variants import DATABASES, EMPTY, FLOORS, HTTP, SERVICES, empty


class PerTest:
    """Milliseconds per test of each suite, without its start-up."""

    def __init__(self, workshop: Workshop, suites: Sequence[Suite], limits: Limits) -> None:
        self.tests = {suite.name: limits.tests(suite.tests) for suite in suites}
        self.failed: dict[str, str] = {}
        commands: dict[tuple[str, str], Command] = {}
        for suite in suites:
            one, many = (workshop.command(suite, n) for n in (1, self.tests[suite.name]))
            try:
                run(one)  # compiles what is imported
            except FailedError as error:
                self.failed[suite.name] = error.reason
            else:
                commands |= {(suite.name, "one"): one, (suite.name, "many"): many}
        samples = by_turns(commands, limits.seconds, limits.rounds)

        def figures(of: Callable[[list[Sample]], Figure]) -> dict[str, Figure]:
            return {
                name: (of(samples[name, "many"]) - of(samples[name, "one"])) / (number - 1)
                for name, number in self.tests.items()
                if name not in self.failed
            }

        self.wall, self.cpu = figures(wall), figures(cpu)

    def extra(self, name: str, floor: str) -> Figure:
        """Return what a test costs more than that of another suite."""
        return self.wall[name] - self.wall[floor]

    def ratio(self, name: str, mine: str, floor: str) -> Figure:
        """Return how many times as much a test costs as ours, each without the floor."""
        return self.extra(name, floor) / self.extra(mine, floor)


SESSION, FUNCTION = (empty(scope).name for scope in ("session", "function"))
GUARDED = empty("session", guarded=True).name


def compared(title: str, text: str, costs: PerTest, suites: Sequence[Suite]) -> Section:
    """Return the table of suites side by side."""
    head = ["suite", "loop", "tests", "ms per test", "above the floor", "CPU ms per test"]
    section = Section(title, text, head)
    for suite in suites:
        name = suite.name
        row = [name, suite.loop, str(costs.tests[name])]
        if name in costs.failed:
            row += ["does not work", "", f"`{costs.failed[name]}`"]
        else:
            extra = costs.extra(name, empty(suite.loop).name)
            row += [show(costs.wall[name]), show(extra), show(costs.cpu[name])]
        section.rows.append(row)
    return section


def empty_tests(workshop: Workshop, limits: Limits) -> Section:
    """What pytest and pytest-asyncio cost, and what our guards add."""
    costs = PerTest(workshop, EMPTY, limits)
    text = (
        "Empty tests in a generated project. Without the guards it is what pytest, "
        "pytest-asyncio and pytest-timeout take: the floor of the tables below."
    )
    section = compared("Empty tests", text, costs, EMPTY)
    for scope, limit in (("session", 0.2), ("function", 0.3)):
        guards = costs.extra(empty(scope, guarded=True).name, empty(scope).name)
        section.targets.append(Target(f"all guards, {scope} loop, per test", guards, limit))
    return section


def database_tests(workshop: Workshop, limits: Limits) -> Section:
    """Our fixtures beside the recipes that people use."""
    suites = [*FLOORS, *(s for s in DATABASES if s.database != "mysql" or has_mysql())]
    costs = PerTest(workshop, suites, limits)
    text = (
        "One insert and one select, and an empty database for the next test. All suites of "
        "PostgreSQL share one server, those of MySQL as well: as our fixtures start it, in "
        "memory and tuned for tests. Ours have all guards on. The floor is an empty async test "
        "without guards, on a loop of the same scope."
    )
    section = compared("Database tests", text, costs, suites)
    mine = "PostgreSQL, ours"
    section.targets += [
        Target("PostgreSQL test above an empty one, guards on", costs.extra(mine, GUARDED), 1.0),
        *(
            Target(f"{name}: × ours, above the floor", figure, limit, "×", at_least=True)
            for name, limit in (
                ("PostgreSQL, connect per test", 5),
                ("PostgreSQL, clone per test", 50),
            )
            for figure in [costs.ratio(name, mine, SESSION)]
        ),
        Target(
            "SQLite test above an empty one, guards on", costs.extra("SQLite, ours", GUARDED), 0.8
        ),
    ]
    title = "One insert, one select: milliseconds above an empty async test"
    section.pictures["databases.svg"] = picture_of(title, costs, suites)
    return section


def http_tests(workshop: Workshop, limits: Limits) -> Section:
    """Our fixtures beside a client per test and the libraries that fake answers."""
    suites = [*FLOORS, *HTTP]
    costs = PerTest(workshop, suites, limits)
    text = (
        "One request whose answer is a user as JSON. Above the floor as in the table before. "
        "A new client of HTTPX and HTTPX2 reads the certificates, which is most of its time."
    )
    section = compared("HTTP tests", text, costs, suites)
    for mine in ("HTTPX2, ours, loopback", "HTTPX, ours, loopback", "aiohttp, ours, loopback"):
        figure = costs.extra(mine, GUARDED)
        section.targets.append(Target(f"{mine}: above an empty test, guards on", figure, 4))
    for mine in ("HTTPX2, ours, in process", "HTTPX, ours, in process"):
        figure = costs.extra(mine, GUARDED)
        section.targets.append(Target(f"{mine}: above an empty test, guards on", figure, 0.4))
    for other, mine, limit in (
        ("HTTPX2, client per test", "HTTPX2, ours, loopback", 6),
        ("HTTPX, client per test", "HTTPX, ours, loopback", 6),
        ("HTTPX2, pytest-httpx2", "HTTPX2, ours, in process", 50),
        ("HTTPX, respx", "HTTPX, ours, in process", 50),
        ("HTTPX, pytest-httpx", "HTTPX, ours, in process", 50),
    ):
        if other not in costs.failed:
            what = f"{other}: × ours, above the floor"
            figure = costs.ratio(other, mine, SESSION)
            section.targets.append(Target(what, figure, limit, "×", at_least=True))
    title = "One HTTP request: milliseconds above an empty async test"
    section.pictures["http.svg"] = picture_of(title, costs, suites)
    return section


def service_tests(workshop: Workshop, limits: Limits) -> Section:
    """A request through the application, and a round trip to Redis."""
    suites = [*FLOORS, *SERVICES]
    costs = PerTest(workshop, suites, limits)
    text = (
        "A request to the application in process, which stores a row; and one command to Redis. "
        "Above the floor as in the tables before."
    )
    section = compared("Tests of services", text, costs, suites)
    for suite, limit in zip(SERVICES, (2.5, 2.5, 0.5), strict=True):
        figure = costs.extra(suite.name, GUARDED)
        what = f"{suite.name}: above an empty test, guards on"
        section.targets.append(Target(what, figure, limit))
    return section


def picture_of(title: str, costs: PerTest, suites: Sequence[Suite]) -> str:
    """Draw what the suites cost above the floor; not how ours do on loops that are no default."""
    floors = {suite.name for suite in FLOORS}
    return bars(
        title,
        "ms",
        [
            (name, costs.extra(name, empty(suite.loop).name).median, suite.answers is not None)
            for suite in suites
            if (name := suite.name) in costs.wall and name not in floors
        ],
    )
