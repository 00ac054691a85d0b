"""What keeps this repository: its address, releases, issue forms and hooks of git."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from helpers.projects import TEMPLATE

PYPROJECT = tomllib.loads((TEMPLATE / "pyproject.toml").read_text(encoding="utf-8"))
ADDRESS = PYPROJECT["project"]["urls"]["Repository"].removeprefix("https://github.com/")


def test_every_address_is_that_of_the_template() -> None:
    name = ADDRESS.partition("/")[2]
    address = re.compile(rf"(?:gh:|github\.com/)([\w.-]+/{re.escape(name)})\b")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=TEMPLATE, check=True, capture_output=True, encoding="utf-8"
    )
    found: dict[str, set[str]] = {}
    for file in filter(None, listed.stdout.split("\0")):
        path = TEMPLATE / file
        if path.suffix != ".png" and path.is_file():
            for one in address.findall(path.read_text(encoding="utf-8")):
                found.setdefault(one, set()).add(file)
    assert {"README.md", "SECURITY.md"} < found[ADDRESS]
    assert set(found) == {ADDRESS}


def test_links_between_our_pages_lead_somewhere() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.md"],
        cwd=TEMPLATE,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    files = [name for name in listed.stdout.split("\0") if name and "cookiecutter" not in name]
    pages = {TEMPLATE / name for name in files if not re.match("templates/.", name)}
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)\s]+)\)", prose(page))]
    inside = [(page, link) for page, link in links if not link.startswith("https://")]
    assert len(inside) > 50
    for page, link in inside:
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page}: {link}"
        if anchor:
            headings = re.findall(r"(?m)^#+ (.*)", prose(target))
            names = [re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in headings]
            assert anchor in names, f"{page}: {link}"


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"(?s)```.*?```", "", page.read_text(encoding="utf-8"))


def test_commands_that_update_do_not_ask() -> None:
    # The question of cruft 2.16, the last release, stops with an AssertionError since typer 0.29.
    shown = [
        (path.relative_to(TEMPLATE).as_posix(), line)
        for path in [
            *TEMPLATE.glob("*.md"),
            *TEMPLATE.glob("docs/*.md"),
            *TEMPLATE.glob("{{*/**/*"),
        ]
        if path.is_file() and not path.match("tests/guards/*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r" *cruft update", line)
    ]
    assert len({path for path, _ in shown}) >= 3
    assert [where for where in shown if "cruft update -y" not in where[1]] == []


@pytest.mark.skipif(sys.platform == "win32", reason="only our workflow runs the script, on Linux")
def test_version_has_release_notes() -> None:
    version = PYPROJECT["project"]["version"]
    for tag, works in ((f"v{version}", True), ("v0.0.0", False)):
        notes = subprocess.run(
            [TEMPLATE / ".ci" / "release_notes", tag],
            check=False,
            capture_output=True,
            encoding="utf-8",
        )
        assert (notes.returncode == 0) == works, notes.stderr
        assert bool(notes.stdout) == works
        assert "\n## " not in notes.stdout


def test_issue_forms_can_be_filled_in() -> None:
    for form in (TEMPLATE / ".github" / "ISSUE_TEMPLATE").glob("*.yml"):
        content = yaml.safe_load(form.read_text(encoding="utf-8"))
        if form.stem == "config":
            assert all(set(link) == {"name", "url", "about"} for link in content["contact_links"])
            continue
        assert {"name", "description", "body"} <= set(content)
        ids = [field["id"] for field in content["body"]]
        assert len(set(ids)) == len(ids)
        assert all(field["attributes"]["label"] for field in content["body"])


def test_hooks_of_git_run_the_linters_of_the_tests() -> None:
    hooks = yaml.safe_load((TEMPLATE / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"] for repository in hooks["repos"] for hook in repository["hooks"]]
    prefix = "uv run --group test"
    assert entries == [f"{prefix} {one}" for one in ("ruff check --fix", "ruff format", "mypy")]
