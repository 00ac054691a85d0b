"""HTTP clients of generated projects: nothing of a test is left in the client of the next."""

from pathlib import Path

import pytest
from helpers.projects import CHOICES, render
from helpers.suites import Environment, add_scenario, run_suite


@pytest.mark.parametrize("client", [name for name in CHOICES["http_client"] if name != "none"])
def test_cookies_do_not_leak_into_the_next_test(
    tmp_path: Path, environment: Environment, client: str
) -> None:
    answers = {"database": "none", "http_client": client, "fixture_loop_scope": "session"}
    project = render(tmp_path, answers)
    paths = [add_scenario(project, "http_clients/test_cookies")]
    if client != "aiohttp":
        paths.append(add_scenario(project, "http_clients/test_cookies_in_process", CLIENT=client))

    counts = run_suite(environment, project, *paths)

    assert counts == {"passed": 2 * len(paths)}
