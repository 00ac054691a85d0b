"""Measure what the documentation claims: tables, pictures, and which targets are met."""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from engines import engines
from first_green import first_green
from helpers.projects import CHOICES
from measure import Limits
from per_test import database_tests, empty_tests, http_tests, service_tests
from report import Section, targets_table
from suites import Workshop
from whole_runs import growth, servers

# The parts, and their share of the time; that of the engines is a time of its own.
SECTIONS: dict[str, tuple[Callable[[Workshop, Limits], Section], float]] = {
    "first_green": (first_green, 0.22),
    "empty": (empty_tests, 0.1),
    "databases": (database_tests, 0.22),
    "http": (http_tests, 0.18),
    "services": (service_tests, 0.08),
    "growth": (growth, 0.16),
    "servers": (servers, 0.04),
    "engines": (engines, 0),
}
# The pictures show the oldest Python that projects support; the others have tables only.
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
IS_OLDEST = CHOICES["python_version"][0] == VERSION
RESULTS = "RESULTS.md" if IS_OLDEST else f"RESULTS-{VERSION}.md"
HOW_TO_READ = (
    "A median and, in brackets, the lowest and the highest of the rounds, in which all variants "
    "of a table alternated. Times per test are from before its setup to after its teardown and "
    "reports, for all tests but the first and the last of a process; empty tests alternate with "
    "them in the same process."
)

# A loop that gives way to everything else, and ends with the benchmark.
SPIN = """
import os, sys
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while os.getppid() == int(sys.argv[1]):
    pass
"""
KEPT_AWAKE = (
    " Loops that give way to all else kept the processors awake: those of a virtual machine "
    "take long to wake up, which a test with a server or a thread meets several times."
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="section", help=", ".join(SECTIONS))
    parser.add_argument(
        "--minutes", type=float, default=8, help="of measuring, for all sections but the engines"
    )
    parser.add_argument("--engines", type=float, default=4, help="minutes for the engines")
    parser.add_argument("--rounds", type=int, default=5, help="at most, in the time that there is")
    parser.add_argument("--size", type=float, default=1, help="of the suites; 0.01 to try it out")
    parser.add_argument(
        "--awake",
        action="store_true",
        help="keep the processors of a virtual machine awake (Linux)",
    )
    parser.add_argument(
        "--write", type=Path, help="where to; all sections are written to benchmarks by themselves"
    )
    options = parser.parse_args()
    names = options.sections or list(SECTIONS)
    if unknown := set(names) - set(SECTIONS):
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    if options.awake and not hasattr(os, "SCHED_IDLE"):
        parser.error("--awake needs Linux")
    began = time.monotonic()
    load = os.getloadavg()[0]
    sections = []
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmarks-")))
        workshop = Workshop(root, stack)
        if options.awake:
            keep_awake(stack)
        for name in names:
            print(name, end=" ", file=sys.stderr, flush=True)
            measure, share = SECTIONS[name]
            seconds = 60 * (options.minutes * share or options.engines)
            section = measure(workshop, Limits(seconds, options.rounds, options.size))
            sections.append(section)
            print(section.markdown(), flush=True)
        machine = f"{machine_of(workshop)} The load was {load:.1f} at the beginning."
        if options.awake:
            machine += KEPT_AWAKE
    targets = targets_table([target for section in sections for target in section.targets])
    print(targets, machine, sep="\n\n")
    folder = options.write or (None if options.sections else HERE)
    if folder:
        folder.mkdir(exist_ok=True)
        minutes = (time.monotonic() - began) / 60
        head = f"{machine} The run took {minutes:.0f} minutes. {HOW_TO_READ}"
        reading = (HERE / "reading.md").read_text(encoding="utf-8")
        parts = [
            f"# Results on Python {VERSION}",
            head,
            targets,
            reading,
            *(s.markdown() for s in sections),
        ]
        text = "\n\n".join(part.strip() for part in parts) + "\n"
        (folder / RESULTS).write_text(text, encoding="utf-8")
        for section in sections:
            for file, picture in section.pictures.items() if IS_OLDEST else ():
                (folder / file).write_text(picture, encoding="utf-8")


def keep_awake(stack: ExitStack) -> None:
    """Let no processor sleep until the stack is closed."""
    for _ in range(os.cpu_count() or 1):
        spinning = subprocess.Popen([sys.executable, "-c", SPIN, str(os.getpid())])
        stack.callback(spinning.wait)
        stack.callback(spinning.kill)


def machine_of(workshop: Workshop) -> str:
    """Describe the machine and what was measured."""
    cpuinfo = Path("/proc/cpuinfo")
    names = (
        re.findall(r"^model name\s*: (.*)$", cpuinfo.read_text(), re.MULTILINE)
        if cpuinfo.exists()
        else []
    )
    processor = names[0] if names else platform.processor()
    return (
        f"{date.today():%B %Y}; {os.cpu_count()} cores, {processor}; "
        f"{platform.system()} {platform.machine()}, "
        f"{', '.join([f'Python {platform.python_version()}', *workshop.versions()])}."
    )


if __name__ == "__main__":
    main()
