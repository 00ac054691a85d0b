"""Generated suites, run for real: every pair of answers, in every way a person runs them."""

import re
from pathlib import Path

import pytest
from conftest import Environment, skip_without_server
from covertable import make
from generated import CHOICES, VARIED, Answers, command_for, name_of, render

DISTRIBUTIONS = ["load", "loadscope", "loadfile", "loadgroup", "worksteal", "each"]

# Ordered by its content, so that every worker of this run names the same tests.
EVERY_PAIR: list[Answers] = sorted(
    make({question: CHOICES[question] for question in VARIED}, strength=2), key=name_of
)
EVERYTHING = {"database": "postgresql", "http_client": "httpx2"}


def run_suite(
    environment: Environment, project: Path, *arguments: str, **variables: str
) -> dict[str, int]:
    """Run a suite, which must be green, and return how many tests ended in which way."""
    done = environment.run(
        project, "pytest", "-W", "error", "-p", "no:cacheprovider", *arguments, **variables
    )
    assert done.returncode == 0, f"pytest {' '.join(arguments)} in {project}:\n{done.stdout}"
    return counts_of(done.stdout)


def counts_of(output: str) -> dict[str, int]:
    """Read pytest's last line."""
    return {what: int(number) for number, what in re.findall(r"(\d+) (\w+)", last_line(output))}


def last_line(output: str) -> str:
    """Return the last line that is not empty."""
    return output.rstrip().rpartition("\n")[2]


@pytest.mark.parametrize("answers", [pytest.param(a, id=name_of(a)) for a in EVERY_PAIR])
def test_every_pair_of_answers_is_green(
    tmp_path: Path, environment: Environment, answers: Answers
) -> None:
    skip_without_server(answers["database"])
    project = render(tmp_path, answers)
    distribution = DISTRIBUTIONS[EVERY_PAIR.index(answers) % len(DISTRIBUTIONS)]
    print(f"To do it by hand: {command_for(answers)}")

    serial = run_suite(environment, project, "-p", "no:randomly")
    parallel = run_suite(environment, project, "-p", "no:randomly", "-n2", f"--dist={distribution}")
    shuffled = [run_suite(environment, project, f"--randomly-seed={seed}") for seed in (1, 2, 3)]

    assert serial["passed"] > 10
    assert list(serial) == ["passed"]
    times = 2 if distribution == "each" else 1
    assert parallel["passed"] == times * serial["passed"]
    assert [counts["passed"] for counts in shuffled] == 3 * [serial["passed"]]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_distribution_to_workers_is_green(
    tmp_path: Path, environment: Environment, distribution: str
) -> None:
    project = render(tmp_path, EVERYTHING | {"fixture_loop_scope": "session"})

    for seed in (1, 2):
        run_suite(environment, project, "-n2", f"--dist={distribution}", f"--randomly-seed={seed}")


def test_coverage_counts_what_the_workers_run(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, EVERYTHING)

    done = environment.run(project, "pytest", "-n2", "--cov")

    total = re.search(r"^TOTAL .* (\d+)%", done.stdout, re.MULTILINE)
    assert total, done.stdout
    assert int(total[1]) > 95, done.stdout


BREAKS = [
    ("src/demo/concurrency.py", "Semaphore(limit)", "Semaphore(1)", "one call at a time"),
    ("src/demo/concurrency.py", "async with slots:", "if True:", "no limit"),
    ("src/demo/concurrency.py", "timeout(deadline)", "timeout(None)", "no deadline"),
    (
        "src/demo/concurrency.py",
        "for task in tasks]",
        "for task in reversed(tasks)]",
        "wrong order",
    ),
    ("src/demo/concurrency.py", "if limit < 1:", "if limit < 0:", "limit of zero"),
    ("src/demo/api.py", "HTTPStatus.NOT_FOUND", "HTTPStatus.GONE", "404 taken for a fault"),
    ("src/demo/api.py", "!= HTTPStatus.OK", "== HTTPStatus.TEAPOT", "500 taken for an answer"),
    ("src/demo/api.py", "timeout(self._timeout)", "timeout(None)", "no timeout"),
    ("src/demo/api.py", "(ValueError, KeyError, TypeError)", "(KeyError,)", "malformed answers"),
    ("src/demo/importer.py", "await store.add(*users)", "store.add(*users)", "missing await"),
    ("src/demo/importer.py", "limit=limit", "limit=0", "nothing fetched"),
    ("src/demo/store.py", "except sqlite3.IntegrityError", "except KeyError", "twins"),
    ("src/demo/store.py", '"ROLLBACK TO inner_transaction"', '"SELECT 1"', "no rollback"),
    ("tests/fixtures/database.py", "await empty_database()", "pass", "commits leak"),
]


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [pytest.param(file, right, wrong, id=name) for file, right, wrong, name in BREAKS],
)
def test_suite_notices_a_break(
    tmp_path: Path, environment: Environment, file: str, right: str, wrong: str
) -> None:
    project = render(tmp_path, {})
    broken = project / file
    text = broken.read_text(encoding="utf-8")
    assert right in text
    broken.write_text(text.replace(right, wrong), encoding="utf-8")

    done = environment.run(project, "pytest", "-o", "timeout=5", "-p", "no:cacheprovider")

    assert done.returncode == 1, done.stdout
    assert counts_of(done.stdout)["failed"] > 0
