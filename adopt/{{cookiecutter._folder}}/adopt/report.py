"""Report on a suite that has never had guards, and write a patch that loads them.

Run it again after each step, and delete it when the guards are errors. It changes no file
but `adopt.patch` beside itself.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter

from .notes import Note, notes_of_code, notes_of_fixtures, notes_of_settings, stricter
from .patch import PATCH, Editor, write_patch
from .project import (
    GUARDS,
    CannotRunError,
    Project,
    find_project,
    find_python,
    is_loaded,
    output_of,
)
from .suite import MOST, CannotLoadError, Suite, too_old

WORST = 5  # tests that the report lists
SHOWN = ("pytest-asyncio", "anyio", "pytest-aiohttp", "pytest-timeout", "pytest-xdist")


def main() -> int:
    """Print the report, write the patch, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", help="the Python that runs your tests")
    parser.add_argument("--no-run", action="store_true", help="do not run the suite")
    parser.add_argument(
        "--minutes", type=float, default=10, help="for each run of the suite"
    )
    for hidden in ("--from-template", "--link"):  # for the hook of the template
        parser.add_argument(hidden, nargs="?", const=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    project = find_project()
    suite = Suite(project, options.minutes)
    if options.no_run:
        suite.reason = "you asked for no run"
    else:
        try:
            last = "" if options.from_template else sys.executable
            suite.python = find_python(project, options.python or "", last)
            suite.run()
        except CannotRunError as error:
            suite.reason = str(error)
            is_unfit = isinstance(error, CannotLoadError) or too_old(suite.about)
            suite.can_load = not is_unfit
        except KeyboardInterrupt:
            suite.reason = "it was interrupted"
    report(suite)
    if options.from_template:
        tell_of_updates(project, options.link)
    return 0


def report(suite: Suite) -> None:
    """Print what was found, what is proposed, and how to undo it all."""
    project, before, after = suite.project, suite.as_it_is, suite.guarded
    about = suite.about
    editor = write_patch(suite)
    where = project.name(GUARDS)
    if is_loaded(project):
        print(
            f"\nThe guards are in {where}, and {project.name(project.conftest)} loads them."
        )
    else:
        print(f"\nThe guards are in {where}. No file of yours has changed.")
    head("Your suite")
    if about:
        plugins = about["plugins"]
        shown = [f"{name} {plugins[name]}" for name in SHOWN if name in plugins]
        versions = [
            f"Python {'.'.join(map(str, about['python']))}",
            f"pytest {about['pytest']}",
        ]
        print(f"  {', '.join([*versions, *shown])}")
    if before:
        print(f"  as it is:         {before}")
        for where, why in before.broken.items():
            print(f"  not collected:    {where}: {why.splitlines()[-1].strip('E ')}")
    if after:
        print(f"  with the guards:  {after}")
        compare(suite)
    if suite.reason:
        print(f"  NOT RUN: {suite.reason}")
    if after:
        head("What the guards found, in report mode")
        print_findings(after.findings)
    notes = list(notes_of_code(project, about))
    if about:
        notes += notes_of_settings(suite)
    notes += notes_of_fixtures(project, about)
    if notes:
        head("What the code and the settings show")
        print_notes(notes)
    if before and before.outcomes:
        head("Stricter settings, to turn on one by one")
        print_notes(list(stricter(before, suite.strict_ids)))
    if editor.by_hand:
        head("What the patch cannot do; change it by hand")
        print_notes(editor.by_hand)
    print_next(suite, editor)


def head(text: str) -> None:
    print(f"\n{text}\n")


def compare(suite: Suite) -> None:
    """Print the tests whose outcome differs with the guards in report mode."""
    if not suite.differ:
        print("  Every test has the same result.")
    for test in suite.differ[:MOST]:
        was, now, then = (
            run.outcomes.get(test, "not run") if run and run.outcomes else ""
            for run in (suite.as_it_is, suite.guarded, suite.again)
        )
        repeated = f", then again without them {then}" if then else ""
        print(f"  {test}: {was}, with the guards {now}{repeated}")
    if len(suite.differ) > MOST:
        print(f"  and {len(suite.differ) - MOST} more")


def print_findings(findings: list[dict[str, str]]) -> None:
    """Print findings by kind, and the tests with the most."""
    if not findings:
        print("  nothing")
        return
    kinds = Counter((each["kind"], each["guard"]) for each in findings)
    for (kind, guard), count in kinds.most_common():
        print(f"{count:6}  {kind} ({guard})")
    tests: dict[str, list[dict[str, str]]] = {}
    for each in findings:
        tests.setdefault(each["nodeid"] or "(in no single test)", []).append(each)
    print("\n  The tests with the most:\n")
    for test in sorted(tests, key=lambda name: -len(tests[name]))[:WORST]:
        print(f"{len(tests[test]):6}  {test}")
        for text in dict.fromkeys(first_of(each["text"]) for each in tests[test]):
            print(f"        {text}")


def first_of(text: str) -> str:
    """Return the first line of a finding, and the next one if it goes on there."""
    first, *others = text.splitlines()
    return f"{first} {others[0]}" if first.endswith(",") and others else first


def print_notes(notes: list[Note]) -> None:
    for where, text in notes:
        print(f"  {where}")
        print(*(f"      {line}" for line in text.splitlines()), sep="\n")


def print_next(suite: Suite, editor: Editor) -> None:
    project = suite.project
    patch = project.name(PATCH)
    top = project.name(project.top)
    head("Next")
    if editor.patch:
        # git applies nothing above the folder where it is.
        if top == ".":
            print(f"  git apply {patch}")
        else:
            print(f"  git -C {top} apply {PATCH.relative_to(project.top).as_posix()}")
        for path in editor.texts:
            print(f"      changes {project.name(path)}")
        print(f"  then: delete {patch}, run pytest, commit")
    elif suite.can_load:
        print("  Fix what was found, name the files that are clean in guards_strict;")
        print('  in the end set guards = "error" and delete the folder adopt.')
    if not suite.can_load:
        script = project.name(GUARDS / "adopt")
        print("  When that is solved, repeat this for the patch that loads the guards:")
        print(f"  python {script}")
    readme = project.name(GUARDS / "README.md")
    print(f"  {readme} describes what each guard detects, and all settings.")
    if not is_loaded(project):
        print("\nTo undo all of it, if your own work is committed:")
        if output_of("git", "rev-parse", "--git-dir", cwd=project.root):
            new = [GUARDS, *(path for path in editor.texts if not path.exists())]
            names = " ".join(project.name(path) for path in new)
            print(f"  git checkout {top} && git clean -fd {names}")
        else:
            print(f"  delete the folder {project.name(GUARDS)}")
    print()


def tell_of_updates(project: Project, link: str | None) -> None:
    """Say how the template updates the guards later."""
    guards = project.name(GUARDS)
    print("To update the guards later, and only them:")
    if link:  # cookiecutter remembers nothing, and cruft knows no abbreviations
        url = re.sub("^gh:", "https://github.com/", link)
        print(f"  cruft link --directory adopt --project-dir {guards} {url}  (once)")
    print(f"  cruft update -y --project-dir {guards}\n")
