"""Tools that others have made to judge Python projects find nothing wrong with generated ones."""

import json
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock
from helpers.projects import (
    FULL,
    TEMPLATE,
    TYPED,
    VARIED,
    Answers,
    covering_answers,
    name_of,
    render,
)
from helpers.suites import Environment, add_scenario
from uv import find_uv_bin

pytestmark = pytest.mark.thorough

REPOSITORY = {"repository": "https://github.com/ada/demo"}
RELEASES: dict[str, Answers] = {
    "MIT": {},
    "Apache-2.0": FULL,
    "BSD-3-Clause": {"database": "mysql", "http_client": "httpx", "redis": "yes"},
    "proprietary": {"example": "no", "web_framework": "fastapi"},
}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, check=False, capture_output=True, encoding="utf-8")


@pytest.fixture(scope="module")
def judges(shared: Path) -> Path:
    """The folder of the tools."""
    made = shared / "judges"
    with FileLock(shared / "judges.lock"):
        if not (made / "complete").exists():
            python = ["--python", str(made)]
            for command in (["venv", str(made)], ["pip", "install", *python, "--group", "judges"]):
                subprocess.run([find_uv_bin(), "--quiet", *command], cwd=TEMPLATE, check=True)
            (made / "complete").touch()
    return made / Environment(made).python.parent


def test_repo_review_finds_nothing(judges: Path, tmp_path: Path) -> None:
    for number, answers in enumerate(covering_answers(2, [*VARIED, "license"])):
        slug = f"demo-{number}"
        print(f"{slug}: {answers}")
        links = {} if number % 2 else REPOSITORY
        render(tmp_path, answers | links | {"project_slug": slug})
    projects = sorted(path.name for path in tmp_path.glob("demo-*"))
    reviewed = run(judges / "sp-repo-review", "--format", "json", *projects, cwd=tmp_path)
    reviews = json.loads(reviewed.stdout)
    assert len(reviews) == len(projects)
    for project, review in reviews.items():
        results = {name: check["result"] for name, check in review["checks"].items()}
        assert [name for name, result in results.items() if result is False] == [], project
        assert sum(result is True for result in results.values()) > 30, project


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", ".github/workflows/*.yml"),
        ("dependabot", ".github/dependabot.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/[!c]*.yml"),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
    ],
)
def test_github_understands_the_files(
    judges: Path, tmp_path: Path, schema: str, files: str
) -> None:
    projects = [render(tmp_path / one, {"database": one}) for one in ("sqlite", "mysql")]
    found = [file for folder in (TEMPLATE, *projects) for file in folder.glob(files)]
    assert found
    tool = judges / "check-jsonschema"
    checked = run(tool, "--builtin-schema", f"vendor.{schema}", *found, cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("license_", RELEASES)
def test_release_can_be_published(judges: Path, tmp_path: Path, license_: str) -> None:
    project = render(tmp_path, RELEASES[license_] | REPOSITORY | {"license": license_})
    built = run(find_uv_bin(), "build", cwd=project)
    assert built.returncode == 0, built.stderr
    (sdist,), (wheel,) = (project.glob(f"dist/*.{ending}") for ending in ("tar.gz", "whl"))
    checked = run(judges / "twine", "check", "--strict", sdist, wheel, cwd=project)
    assert checked.returncode == 0, checked.stdout
    rated = run(judges / "pyroma", sdist, cwd=project)
    assert "Final rating: 10/10" in rated.stdout, rated.stdout

    environment = Environment(tmp_path / "venv")
    run(find_uv_bin(), "venv", environment.folder, cwd=tmp_path).check_returncode()
    into = ("--python", environment.python)
    run(find_uv_bin(), "pip", "install", *into, wheel, cwd=tmp_path).check_returncode()
    modules = [file.stem for file in (project / "src" / "demo").glob("[!_]*.py")]
    imports = "; ".join(f"import demo.{module}" for module in modules)
    imported = run(environment.python, "-W", "error", "-c", imports, cwd=tmp_path)
    assert imported.returncode == 0, imported.stderr


def test_pyroma_misses_only_the_links_of_a_project_without_repository(
    judges: Path, tmp_path: Path
) -> None:
    rated = run(judges / "pyroma", render(tmp_path, {}), cwd=tmp_path)
    complaints = rated.stdout.partition("Found demo\n")[2].partition("Final rating: 9/10")[0]
    (complaint,) = complaints.strip("-\n").splitlines()
    assert "'project_urls'" in complaint


def test_pyright_finds_nothing(judges: Path, environment: Environment, tmp_path: Path) -> None:
    projects = [
        render(tmp_path / name_of(answers), answers).relative_to(tmp_path).as_posix()
        for answers in covering_answers(2, TYPED)
    ]
    settings = {
        "typeCheckingMode": "standard",
        "include": [f"{project}/{part}" for project in projects for part in ("src", "tests")],
        "executionEnvironments": [
            {"root": project, "extraPaths": [f"{project}/src"]} for project in projects
        ],
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    checked = run(judges / "basedpyright", "--pythonpath", environment.python, cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
    assert "0 errors, 0 warnings" in checked.stdout


def test_mypy_finds_forgotten_awaits(environment: Environment, tmp_path: Path) -> None:
    project = render(tmp_path, {})
    path = add_scenario(project, "guards/test_forgotten_awaits")
    checked = environment.run(project, "mypy")
    found = [line for line in checked.stdout.splitlines() if "error:" in line]
    assert [line.rpartition("[")[2] for line in found] == ["truthy-bool]", "unused-awaitable]"]
    assert all(line.startswith(path) for line in found)


def test_hooks_of_git_run_the_linters(judges: Path, tmp_path: Path) -> None:
    project = render(tmp_path, {"http_client": "none"})
    for command in (["init", "-q"], ["add", "--all"]):
        run("git", *command, cwd=project).check_returncode()
    passed = run(judges / "pre-commit", "run", "--all-files", cwd=project)
    assert passed.returncode == 0, passed.stdout
    assert passed.stdout.count("Passed") == 3, passed.stdout

    (project / "src" / "demo" / "wrong.py").write_text("import os\nx : int = ''\n")
    run("git", "add", "--all", cwd=project).check_returncode()
    failed = run(judges / "pre-commit", "run", "--all-files", cwd=project)
    assert failed.stdout.count("Failed") == 3, failed.stdout
