"""What Windows and macOS require of the template, as far as another system can check."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from helpers.projects import TEMPLATE, each_answer, name_of, render, text_files

# What Windows refuses anywhere in a name, at its end, and as a name.
REFUSED = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$|(?i:^(con|prn|aux|nul|com\d|lpt\d)(\.|$))')

# Of the 260 characters of a path on Windows; the template lies below `.cookiecutters` in a home.
LONGEST = 80
LONGEST_OF_TEMPLATE = 200


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Projects that together contain every file that can be generated."""
    root = tmp_path_factory.mktemp("projects")
    answers = [*each_answer(), {"database": "none", "http_client": "none"}]
    return [render(root / name_of(each), each) for each in answers]


def test_generated_names_are_legal_everywhere(projects: list[Path]) -> None:
    for project in projects:
        paths = [path.relative_to(project).as_posix() for path in project.rglob("*")]
        assert not [part for path in paths for part in path.split("/") if REFUSED.search(part)]
        assert len({path.casefold() for path in paths}) == len(paths)
        assert max(map(len, paths)) <= LONGEST
        assert not [path for path in project.rglob("*") if path.is_symlink()]


@pytest.mark.parametrize("name", ["NUL.txt", "com1", "a:b", "ends.", "tab\t"])
def test_illegal_name_is_found(name: str) -> None:
    assert REFUSED.search(name)


def test_generated_files_have_lf_line_endings(projects: list[Path]) -> None:
    for project in projects:
        for path in text_files(project):
            assert b"\r" not in (project / path).read_bytes(), path
        assert (project / ".gitattributes").read_text() == "* text=auto eol=lf\n"


@pytest.mark.parametrize("hook", sorted((TEMPLATE / "hooks").glob("*")), ids=lambda hook: hook.name)
def test_hooks_need_no_shell(hook: Path) -> None:
    assert hook.suffix == ".py"  # cookiecutter would start anything else by its first line
    for call in ast.walk(ast.parse(hook.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call):
            called = ast.unparse(call.func)
            assert called not in {"os.system", "os.popen", "subprocess.getoutput"}
            assert "shell" not in {keyword.arg for keyword in call.keywords}


def test_workflow_runs_on_every_system() -> None:
    workflow = yaml.safe_load((TEMPLATE / ".github/workflows/tests.yml").read_text())
    systems = workflow["jobs"]["elsewhere"]["strategy"]["matrix"]["system"]
    assert systems == ["macos-latest", "windows-latest"]
    assert "Its workflow runs on macOS and Windows" in (
        TEMPLATE / "docs" / "troubleshooting.md"
    ).read_text(encoding="utf-8")


def test_workflows_are_safe(projects: list[Path]) -> None:
    workflows = [folder / ".github" for folder in (TEMPLATE, *projects)]
    zizmor = shutil.which("zizmor", path=Path(sys.executable).parent)
    assert zizmor, "zizmor is not installed beside this Python"
    checked = subprocess.run(
        [zizmor, "--offline", "--no-progress", *workflows],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_template_and_projects_use_the_same_actions(projects: list[Path]) -> None:
    pins: dict[str, set[str]] = {}
    for folder in (TEMPLATE, *projects):
        for workflow in (folder / ".github" / "workflows").glob("*.yml"):
            for action, pin in re.findall(r"uses: (\S+)@(.*)", workflow.read_text()):
                assert re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", pin), workflow
                pins.setdefault(action, set()).add(pin)
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


def test_template_paths_are_short_enough_for_windows() -> None:
    for part in ("templates", "hooks", "{{cookiecutter.project_slug}}"):
        for path in (TEMPLATE / part).rglob("*"):
            assert len(str(path.relative_to(TEMPLATE))) <= LONGEST_OF_TEMPLATE
