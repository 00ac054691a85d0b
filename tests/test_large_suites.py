"""Suites that are large: many tests, files and fixtures, workers, and runs on one server."""

import json
from pathlib import Path

import pytest
from helpers.projects import render
from helpers.suites import Environment, add_scenario, skip_without_server

LIST = {"postgresql": "SELECT datname FROM pg_database", "mysql": "SHOW DATABASES"}
NAME = {"package_name": "a" * 40}  # the longest


@pytest.mark.thorough
@pytest.mark.parametrize("database", LIST)
def test_eight_runs_share_one_server(
    tmp_path: Path, environment: Environment, database: str
) -> None:
    skip_without_server(database)
    project = render(tmp_path, {"database": database, "http_client": "none"})
    add_scenario(project, "servers/share_one_server")

    done = environment.run(project, "tests.share_one_server", LIST[database], "8")

    assert done.returncode == 0, done.stdout


@pytest.mark.thorough
@pytest.mark.parametrize("database", LIST)
def test_sixty_four_workers_use_one_server(
    tmp_path: Path, environment: Environment, database: str
) -> None:
    skip_without_server(database)
    project = render(tmp_path, {"database": database, "http_client": "none"} | NAME)
    add_scenario(project, "servers/use_many_databases")

    done = environment.run(project, "tests.use_many_databases", LIST[database], "64")

    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout.splitlines()[-1]) == {"workers": 64, "names": 128, "left": 0}


@pytest.mark.thorough
def test_nothing_is_collected_twice_at_the_end(tmp_path: Path, environment: Environment) -> None:
    """Python's own garbage collections at its exit would take a tenth of a short run."""
    project = render(tmp_path, {"database": "none", "http_client": "none", "example": "no"})
    add_scenario(project, "large_suites/frozen_at_the_end")

    done = environment.run(project, "pytest", "-p", "tests.frozen_at_the_end")

    objects, frozen = map(int, done.stdout.splitlines()[-1].split())
    assert done.returncode == 0, done.stdout
    assert frozen > 100 * objects


@pytest.mark.thorough
def test_open_socket_in_a_cycle_is_found_at_the_end(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, {"database": "none", "http_client": "none", "example": "no"})
    path = add_scenario(project, "large_suites/test_cycle")

    done = environment.run(project, "pytest", "--guards=off", path)

    assert "1 passed" in done.stdout
    assert "ResourceWarning: unclosed <socket.socket" in done.stdout
    assert done.returncode == 1


@pytest.mark.thorough
def test_guards_follow_shared_fixtures_once(tmp_path: Path, environment: Environment) -> None:
    """The ways from a test to a fixture double with each layer, the fixtures do not."""
    answers = {"database": "none", "http_client": "none", "example": "no"}

    def calls(layers: int) -> int:
        project = render(tmp_path / str(layers), answers)
        add_scenario(project, "large_suites/counting")
        path = write_layers(project, layers)
        counts = project / "counts.json"
        done = environment.run(
            *(project, "pytest", "-p", "tests.counting", "--timeout=60", path), COUNTS=str(counts)
        )
        assert "1 passed" in done.stdout, done.stdout
        return int(json.loads(counts.read_text(encoding="utf-8"))["guards"])

    assert calls(16) < 5 * calls(8)


@pytest.mark.thorough
def test_guards_add_nothing_to_the_messages_of_workers(
    tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path, {"database": "none", "http_client": "none", "example": "no"})
    add_scenario(project, "large_suites/messages")
    path = add_scenario(project, "large_suites/test_empty")

    def per_test(mode: str) -> dict[str, float]:
        """Return what each of 100 further tests adds."""
        measured = []
        for number in (20, 120):
            counts = tmp_path / "counts.json"
            done = environment.run(
                *(project, "pytest", "-n1", f"--guards={mode}", "-p", "tests.messages", path),
                COUNTS=str(counts),
                TESTS=str(number),
            )
            assert f"{number} passed" in done.stdout, done.stdout
            measured.append(json.loads(counts.read_text(encoding="utf-8")))
        few, many = measured
        return {what: (many[what] - few[what]) / 100 for what in many}

    guarded, plain = per_test("error"), per_test("off")

    assert guarded["messages"] == plain["messages"]
    assert guarded["bytes"] < plain["bytes"] * 1.02  # durations have more or fewer digits
    assert guarded["guards"] < 5  # calls in the controller: once for each report and test


def write_layers(project: Path, layers: int) -> str:
    """Write layers of two fixtures, each of which uses both of the layer below."""
    lines = ["import pytest_asyncio", ""]
    parameters = ""
    for layer in range(layers):
        for name in ("one", "other"):
            lines += ["@pytest_asyncio.fixture", f"async def {name}_{layer}({parameters}): ...", ""]
        parameters = f"one_{layer}, other_{layer}"
    lines += [f"async def test_top({parameters}): ...", ""]
    (project / "tests" / "test_layers.py").write_text("\n".join(lines), encoding="utf-8")
    return "tests/test_layers.py"


def write_large_suite(project: Path, files: int) -> None:
    """Write files of ten tests each, every fifth of which has a fixture."""
    folder = project / "tests" / "large"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for file in range(files):
        fixture = f"fixture_{file}" if file % 5 == 0 else "request"
        lines = ["import pytest", "import pytest_asyncio", ""]
        if file % 5 == 0:
            lines += [
                "@pytest_asyncio.fixture",
                f"async def {fixture}(tmp_path_factory: pytest.TempPathFactory) -> int:",
                f"    return {file}",
                "",
            ]
        for number in range(10):
            lines += [f"async def test_{number}({fixture}: object) -> None:", "    pass", ""]
        (folder / f"test_{file}.py").write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.thorough
@pytest.mark.timeout(900)  # it counts 25 million calls
def test_work_grows_as_the_suite_does(tmp_path: Path, environment: Environment) -> None:
    """The calls, the memory and the report of each further test stay the same."""
    measured: list[dict[str, int]] = []
    sizes = (10, 100, 1_000)
    for files in sizes:
        answers = {"database": "none", "http_client": "none", "example": "no"}
        project = render(tmp_path / str(files), answers)
        write_large_suite(project, files)
        add_scenario(project, "large_suites/counting")
        counts, report = project / "counts.json", project / "report.xml"
        done = environment.run(
            *(project, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"),
            *("-p", "tests.counting", f"--junitxml={report}", "tests/large"),
            COUNTS=str(counts),
        )
        assert f"{files * 10} passed" in done.stdout, done.stdout[-2000:]
        measured.append(json.loads(counts.read_text(encoding="utf-8")))
        measured[-1]["report"] = report.stat().st_size

    def added(what: str, number: int) -> float:
        more = measured[number][what] - measured[number - 1][what]
        return more / (sizes[number] - sizes[number - 1])

    bytes_per_test = added("memory", 2) / 10
    growth = {what: added(what, 2) / added(what, 1) for what in measured[0] if what != "memory"}
    print(growth, measured)
    assert set(growth) == {"collection", "tests", "guards", "blocks", "report"}
    assert {what: ratio for what, ratio in growth.items() if ratio > 1.1} == {}
    assert bytes_per_test < 20_000
