"""Generated suites, run for real: every pair of answers, in every way a person runs them."""

import re
from pathlib import Path

import pytest
from conftest import Environment, skip_without_server
from generated import CHOICES, Answers, command_for, name_of, render

DISTRIBUTIONS = ["load", "loadscope", "loadfile", "loadgroup", "worksteal", "each"]

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


def distribution_for(answers: Answers) -> str:
    """Return one way of distributing tests to workers, so that all are seen in a run."""
    return DISTRIBUTIONS[sum(name_of(answers).encode()) % len(DISTRIBUTIONS)]


def counts_of(output: str) -> dict[str, int]:
    """Read pytest's last line."""
    return {what: int(number) for number, what in re.findall(r"(\d+) (\w+)", last_line(output))}


def last_line(output: str) -> str:
    """Return the last line that is not empty."""
    return output.rstrip().rpartition("\n")[2]


@pytest.mark.combinations("every pair", thorough="every triple")
def test_every_pair_of_answers_is_green(
    tmp_path: Path, environment: Environment, lowest_environment: Environment, answers: Answers
) -> None:
    skip_without_server(answers["database"])
    project = render(tmp_path, answers)
    distribution = distribution_for(answers)
    print(f"To do it by hand: {command_for(answers)}")

    serial = run_suite(environment, project, "-p", "no:randomly")
    parallel = run_suite(environment, project, "--randomly-seed=1", "-n2", f"--dist={distribution}")
    shuffled = run_suite(environment, project, "--randomly-seed=2")
    lowest = run_suite(lowest_environment, project, "--randomly-seed=3")

    assert serial["passed"] > 10
    assert list(serial) == ["passed"]
    times = 2 if distribution == "each" else 1
    assert parallel["passed"] == times * serial["passed"]
    assert shuffled == lowest == serial


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_distribution_to_workers_is_green(
    tmp_path: Path, environment: Environment, distribution: str
) -> None:
    project = render(tmp_path, EVERYTHING | {"fixture_loop_scope": "session"})

    for seed in (1, 2):
        run_suite(environment, project, "-n2", f"--dist={distribution}", f"--randomly-seed={seed}")


COOKIES = """
import json

import pytest
from werkzeug import Response

USER = {"id": 1, "name": "Ada", "email": "ada@example.com"}

@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_cookies(make_api, api_server, time):
    cookies = []

    def answer(request):
        cookies.append(request.cookies.get("session"))
        return Response(json.dumps(USER), headers={"Set-Cookie": "session=7"})

    api_server.expect_request("/users/1").respond_with_handler(answer)
    api = make_api(f"http://localhost:{api_server.port}")  # aiohttp keeps none of an address
    await api.fetch(1)
    await api.fetch(1)
    assert cookies == [None, "7"]
"""
IN_PROCESS = """
@pytest.mark.asyncio
@pytest.mark.parametrize("time", ["first", "second"])
async def test_cookies_in_process(
    in_process_api, in_process_client, in_process_responses, time
):
    assert not in_process_client.cookies
    from CLIENT import Response

    in_process_responses["/users/1"] = Response(200, json=USER, headers={"Set-Cookie": "session=7"})
    await in_process_api.fetch(1)
    assert in_process_client.cookies
"""


@pytest.mark.parametrize("client", [name for name in CHOICES["http_client"] if name != "none"])
def test_cookies_end_with_their_test(tmp_path: Path, environment: Environment, client: str) -> None:
    answers = {"database": "none", "http_client": client, "fixture_loop_scope": "session"}
    project = render(tmp_path, answers)
    text = COOKIES + IN_PROCESS.replace("CLIENT", client) * (client != "aiohttp")
    (project / "tests" / "test_cookies.py").write_text(text, encoding="utf-8")

    counts = run_suite(environment, project, "tests/test_cookies.py")
    assert counts == {"passed": 2 if client == "aiohttp" else 4}


def test_coverage_counts_what_the_workers_run(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, EVERYTHING)

    done = environment.run(project, "pytest", "-n2", "--cov")

    total = re.search(r"^TOTAL .* (\d+)%", done.stdout, re.MULTILINE)
    assert total, done.stdout
    assert int(total[1]) > 95, done.stdout
