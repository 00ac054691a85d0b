"""Versions of pytest and its plugins: existing projects keep working with new releases."""

import os
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
from helpers.command_line import User, copy_of_template
from helpers.projects import (
    COOKIECUTTER_JSON,
    FULL,
    TEMPLATE,
    Answers,
    pyproject_of,
    render,
    requirements_of,
    text_files,
)
from helpers.suites import (
    Environment,
    add_scenario,
    assert_mistakes_are_reported,
    failures_of,
)
from uv import find_uv_bin

USED_BY_GUARDS = {"pytest", "pytest-asyncio", "pytest-timeout", "pytest-xdist"}

# The limit as it was while pytest-timeout read a string of its own from the file, and no bounds.
PYPROJECT = Path("{{cookiecutter.project_slug}}", "pyproject.toml")
BEFORE = [
    (r'addopts = \["-ra", "--timeout=30"\]', 'addopts = ["-ra"]'),
    (r'(?m)^filterwarnings = \["error"\]$', r'\g<0>\ntimeout = "30"'),
    (r"(?m)^    # The guards use internals.*\n", ""),
    (r'("pytest[\w-]*>=[\d.]+),<\d+"', r'\1"'),
]


@pytest.mark.covering(0)
@pytest.mark.parametrize("answers", [{}, FULL], ids=["default", "full"])
@pytest.mark.parametrize("version", ["2.4.0", "2.5.0"])  # the latter wants a number in the file
def test_suite_is_green_with_every_pytest_timeout(
    tmp_path: Path, environment: Environment, version: str, answers: Answers
) -> None:
    project = render(tmp_path, answers)
    where = tmp_path / "pytest-timeout"
    install = [find_uv_bin(), "--quiet", "pip", "install", "--no-deps", "--target", str(where)]
    subprocess.run([*install, f"pytest-timeout=={version}"], check=True)

    done = environment.run(
        project, "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", PYTHONPATH=f"{where}:src"
    )

    assert done.returncode == 0, done.stdout
    assert f"timeout-{version}" in done.stdout
    assert "timeout: 30.0s" in done.stdout


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("package", "scenario"),
    [("pytest-rerunfailures", "reruns"), ("hypothesis", "hypothesis")],
)
@pytest.mark.parametrize("loop", ["function", "session"])
def test_guards_hold_where_a_plugin_repeats_tests(
    tmp_path: Path, environment: Environment, package: str, scenario: str, loop: str
) -> None:
    answers = {"database": "none", "http_client": "none", "fixture_loop_scope": loop}
    project = render(tmp_path, answers)
    where = tmp_path / "packages"
    install = [find_uv_bin(), "--quiet", "pip", "install", "--no-deps", "--target", str(where)]
    subprocess.run([*install, package, "sortedcontainers"], check=True)
    path = add_scenario(project, f"guards/test_{scenario}")

    failures = failures_of(environment, project, path, PYTHONPATH=f"{where}:src")

    assert_mistakes_are_reported(project, path, failures)


def test_limit_can_be_changed_for_one_run(tmp_path: Path, environment: Environment) -> None:
    project = render(tmp_path, {"database": "none", "http_client": "none"})
    done = environment.run(project, "pytest", "-p", "no:randomly", "--timeout=60")
    assert "timeout: 60.0s" in done.stdout


@pytest.mark.thorough
def test_update_moves_the_limit_without_a_conflict(tmp_path: Path) -> None:
    user = User(tmp_path)
    template = copy_of_template(tmp_path / "template")
    text = today = (template / PYPROJECT).read_text(encoding="utf-8")
    for pattern, replacement in BEFORE:
        text, times = re.subn(pattern, replacement, text)
        assert times
    (template / PYPROJECT).write_text(text, encoding="utf-8")
    user.commit(template)
    created = user.cruft("create", "--no-input", template, ASYNC_PYTEST_TEMPLATE_RUN_SUITE="no")
    assert created.returncode == 0, created.stderr
    project = user.work / "my-async-project"
    assert pyproject_of(project)["tool"]["pytest"]["timeout"] == "30"
    own = (project / "pyproject.toml").read_text(encoding="utf-8")
    own = own.replace("dependencies = [", 'dependencies = [\n    "packaging>=25",', 1)
    own = own.replace(
        "\n[tool.coverage.run]", 'markers = ["slow: takes long"]\n\n[tool.coverage.run]'
    )
    (project / "pyproject.toml").write_text(own, encoding="utf-8")
    user.commit(project)

    (template / PYPROJECT).write_text(today, encoding="utf-8")
    user.commit(template)
    updated = user.cruft("update", "--skip-apply-ask", cwd=project)

    assert updated.returncode == 0, updated.stderr
    assert not [*project.rglob("*.rej")]
    merged = pyproject_of(project)  # a conflict is no TOML
    assert "timeout" not in merged["tool"]["pytest"]
    assert merged["tool"]["pytest"]["addopts"] == ["-ra", "--timeout=30"]
    assert merged["tool"]["pytest"]["markers"] == ["slow: takes long"]
    assert "packaging>=25" in merged["project"]["dependencies"]
    assert bounded(project) == USED_BY_GUARDS


def bounded(project: Path) -> set[str]:
    """Return the names of the requirements that state the next major version as their end."""
    found = (re.fullmatch(r"([\w-]+)>=(\d+)[\d.]*,<(\d+)", r) for r in requirements_of(project))
    return {match[1] for match in found if match and int(match[3]) == int(match[2]) + 1}


def test_plugins_whose_internals_guards_use_are_bounded(tmp_path: Path) -> None:
    assert bounded(render(tmp_path, FULL)) == USED_BY_GUARDS


def test_weekly_run_takes_pre_releases_in_spite_of_the_bounds(tmp_path: Path) -> None:
    settings = TEMPLATE / ".github" / "prereleases.toml"
    assert set(tomllib.loads(settings.read_text())["override-dependencies"]) == USED_BY_GUARDS
    workflow = (TEMPLATE / ".github/workflows/prereleases.yml").read_text()
    assert "UV_CONFIG_FILE: ${{ github.workspace }}/.github/prereleases.toml" in workflow
    versions = {"1.0", "2.0b1"}
    for name in USED_BY_GUARDS:
        for version in versions:
            write_wheel(tmp_path, name.replace("-", "_"), version)
    requirements = tmp_path / "requirements.in"
    requirements.write_text("".join(f"{name}>=1,<2\n" for name in USED_BY_GUARDS))
    compile_ = (find_uv_bin(), "pip", "compile", "--quiet", "--no-header", "--no-annotate")
    local = ("--no-index", "--find-links", str(tmp_path))

    for config_file, version in (os.devnull, "1.0"), (str(settings), "2.0b1"):
        resolved = subprocess.run(
            [*compile_, *local, requirements],
            env=os.environ | {"UV_CONFIG_FILE": config_file},
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
        )
        assert set(resolved.stdout.split()) == {f"{name}=={version}" for name in USED_BY_GUARDS}


def write_wheel(folder: Path, name: str, version: str) -> None:
    """Write a wheel that has nothing but metadata."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def test_every_list_of_pythons_is_that_of_the_question() -> None:
    pythons = COOKIECUTTER_JSON["python_version"]
    texts = {
        path: (TEMPLATE / path).read_text(encoding="utf-8")
        for path in ("README.md", "CHANGELOG.md", ".github/workflows/tests.yml")
    }
    assert [*COOKIECUTTER_JSON["__prompts__"]["python_version"]][1:] == pythons
    in_table = re.findall(r"(?m)^\| `python_version` \|(.*?)\|", texts["README.md"])
    assert re.findall(r"3\.\d+", in_table[0]) == pythons
    in_matrix = re.findall(r"(?m)^ +python: \[(.*)\]", texts[".github/workflows/tests.yml"])
    assert re.findall(r"3\.\d+", in_matrix[0]) == pythons
    assert f"oldest Python ({pythons[0]} to {pythons[-1]})" in texts["CHANGELOG.md"]
    assert f"Python {pythons[0]} or newer" in texts["README.md"]


# Since Python 3.14 the use of these warns, and a warning fails a run.
DEPRECATED = ("EventLoopPolicy", "event_loop_policy(", "asyncio.iscoroutinefunction")


@pytest.mark.parametrize("answers", [{}, FULL], ids=["default", "full"])
def test_code_uses_nothing_that_a_python_on_offer_deprecates(
    tmp_path: Path, answers: Answers
) -> None:
    project = render(tmp_path, answers)
    for path, text in text_files(project).items():
        if path.endswith(".py"):
            assert not [name for name in DEPRECATED if name in text], path
