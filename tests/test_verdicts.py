"""RED is said of a project whose tests fail; whatever comes from the machine is NOT VERIFIED."""

import errno
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from helpers.command_line import PARTS, SLUG, SMALL, Result, User, names_in, suite_of
from helpers.projects import TEMPLATE

HOOK = TEMPLATE / "hooks" / "post_gen_project.py"

# What is added to the file of a template, and the reason that is told in the first line.
MACHINE = {
    "killed": (
        "tests/test_more.py",
        "import os\n\n\ndef test_is_killed() -> None:\n    os.kill(os.getpid(), 9)\n",
        "the suite was killed by SIGKILL",
    ),
    "part of Python missing, conftest": (
        "tests/conftest.py",
        "import sys\nsys.modules['_sqlite3'] = None\nimport sqlite3\n",
        "this machine cannot run the tests: ModuleNotFoundError: import of _sqlite3 halted",
    ),
    "part of Python missing, module": (
        "src/{{cookiecutter.package_name}}/__init__.py",
        "import sys\nsys.modules['_sqlite3'] = None\nimport sqlite3\n",
        "this machine cannot run the tests: ModuleNotFoundError: import of _sqlite3 halted",
    ),
    "limit of open files": (
        "tests/conftest.py",
        "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))\n",
        "this machine cannot run the tests: OSError: [Errno 24] Too many open files",
    ),
    "no test": (
        "tests/conftest.py",
        "def pytest_collection_modifyitems(items):\n    items.clear()\n",
        "no test ran",
    ),
    "all skipped": (
        "tests/conftest.py",
        (
            "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n"
            "    for item in items:\n        item.add_marker(pytest.mark.skip)\n"
        ),
        "no test ran",
    ),
    "pytest does not start": (
        "pyproject.toml",
        "[tool.pytest.nonsense]\n",
        "no test failed, but pytest ended with status 4, see above",
    ),
    "pytest fails": (
        "tests/conftest.py",
        "def pytest_collection_finish(session):\n    raise RuntimeError\n",
        "no test failed, but pytest ended with status 3, see above",
    ),
    "a variable of the shell": (
        "tests/test_more.py",
        "import os\n\n\ndef test_is_alone() -> None:\n    assert 'STRANGE' not in os.environ\n",
        "the tests fail only with the environment variables of this shell, see above",
    ),
    "another variable, in a fixture": (
        "tests/conftest.py",
        (
            "import os\nimport pytest\n\n\n@pytest.fixture(autouse=True)\n"
            "def setting() -> None:\n    int(os.environ.get('STRANGE', '1'))\n"
        ),
        "the tests fail only with the environment variables of this shell, see above",
    ),
}
PROJECT = {
    "assertion": ("tests/test_more.py", "def test_fails() -> None:\n    assert 1 == 2\n"),
    "process ended": (
        "tests/test_more.py",
        "import os\n\n\ndef test_ends_it() -> None:\n    os._exit(1)\n",
    ),
    "module that is not there": (
        "src/{{cookiecutter.package_name}}/__init__.py",
        "import nonsuch\n",
    ),
    "name that is not there": (
        "src/{{cookiecutter.package_name}}/__init__.py",
        "from asyncio import nonsuch\n",
    ),
    "syntax of conftest": ("tests/conftest.py", "import (\n"),
    "setup": (
        "tests/conftest.py",
        "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef broken() -> None:\n    1 / 0\n",
    ),
    "file that is not there": (
        "tests/test_more.py",
        "def test_opens() -> None:\n    open('nonsuch')\n",
    ),
    "refused connection": (
        "tests/test_more.py",
        (
            "import socket\n\n\ndef test_connects() -> None:\n"
            "    socket.create_connection(('127.0.0.1', 1))\n"
        ),
    ),
    "one of the machine's, one of its own": (
        "tests/test_more.py",
        (
            "import errno\n\n\ndef test_fills() -> None:\n    raise OSError(errno.ENOSPC, 'full')\n\n\n"
            "def test_fails() -> None:\n    assert 1 == 2\n"
        ),
    ),
}


USUAL = {  # the others are thorough: each case generates a project
    "killed",
    "part of Python missing, conftest",
    "a variable of the shell",
    "assertion",
    "module that is not there",
}


def cases(named: Iterable[str]) -> list[Any]:
    return [
        pytest.param(name, marks=[] if name in USUAL else pytest.mark.thorough) for name in named
    ]


def generate_with(user: User, template: Path, file: str, text: str) -> Result:
    """Generate a project after adding a text to a file of its template."""
    path = template / PARTS[-1] / file
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = f"{before}\n{text}" if path.suffix == ".toml" else f"{text}{before}"
    path.write_text(after, encoding="utf-8")
    return user.cookiecutter(*SMALL, template=template, STRANGE="stranger")


@pytest.mark.parametrize("case", cases(MACHINE))
def test_machine_is_not_verified(user: User, template: Path, case: str) -> None:
    file, text, reason = MACHINE[case]
    result = generate_with(user, template, file, text)
    assert result.returncode == 0, result.stdout + result.stderr
    (verdict,) = re.findall(r"^(?:GREEN|RED|NOT VERIFIED): .*", result.stdout, re.MULTILINE)
    assert verdict.startswith(f"NOT VERIFIED: {reason}")
    assert "Once the cause is removed, verify it:\n  cd " in result.stdout.replace("\n\n", "\n")
    assert names_in(user.work) == {SLUG}


@pytest.mark.parametrize("case", cases(PROJECT))
def test_project_is_red(user: User, template: Path, case: str) -> None:
    result = generate_with(user, template, *PROJECT[case])
    assert result.returncode == 1
    assert re.search(r"^RED: [1-9]\d* failed", result.stdout, re.MULTILINE), result.stdout
    assert names_in(user.work) == {f"{SLUG}.failed"}


def test_project_that_is_kept_is_not_said_to_be_gone(user: User, template: Path) -> None:
    (suite_of(template) / "test_more.py").write_text(PROJECT["assertion"][1], encoding="utf-8")
    result = user.cookiecutter("--keep-project-on-failure", *SMALL, template=template)
    assert result.returncode == 1
    assert "unless --keep-project-on-failure is" in result.stdout
    assert names_in(user.work) == {SLUG, f"{SLUG}.failed"}


def test_folder_of_just_now_counts_as_there_before(user: User, template: Path) -> None:
    (user.work / SLUG).mkdir()
    (user.work / SLUG / "mine").touch()
    (suite_of(template) / "test_more.py").write_text(PROJECT["assertion"][1], encoding="utf-8")
    result = user.cookiecutter("--overwrite-if-exists", *SMALL, template=template)
    assert "The folder existed before, so it was kept" in result.stdout
    assert names_in(user.work) == {SLUG}
    assert (user.work / SLUG / "mine").exists()
    assert not [*user.temporary.glob("async-pytest-template-*")]


@pytest.mark.thorough
@pytest.mark.parametrize("client", ["httpx2", "httpx"])
def test_proxy_without_its_package_is_green(user: User, client: str) -> None:
    result = user.cookiecutter(
        "web_framework=fastapi",
        "database=none",
        f"http_client={client}",
        "run_suite=no",
    )
    assert result.returncode == 0, result.stderr
    project = user.work / SLUG
    user.run("uv", "sync", "--quiet", "--group", "test", cwd=project).check_returncode()
    proxy = "socks5://127.0.0.1:9"
    suite = ["uv", "run", "--no-sync", "pytest", "-q"]
    result = user.run(*suite, cwd=project, ALL_PROXY=proxy, HTTPS_PROXY=proxy, NO_PROXY="localhost")
    assert result.returncode == 0, result.stdout


# What only the machine can be blamed for


@pytest.fixture(scope="module")
def hook() -> dict[str, Any]:
    return runpy.run_path(str(HOOK))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "full"),
        OSError(errno.EROFS, "read-only"),
        OSError(errno.EMFILE, "too many"),
        PermissionError(errno.EACCES, "no"),
        MemoryError(),
        ModuleNotFoundError("No module named '_ctypes'", name="_ctypes"),
        ImportError("libpq.so.5: cannot open shared object file", path="/x/_libpq.so"),
        ExceptionGroup("both", [OSError(errno.ENOSPC, "full"), MemoryError()]),
    ],
    ids=repr,
)
def test_error_is_of_the_machine(hook: dict[str, Any], error: Exception) -> None:
    wrapped = RuntimeError("wrapped")
    wrapped.__cause__ = error
    assert hook["lack_of_machine"](error)
    assert hook["lack_of_machine"](wrapped) == hook["lack_of_machine"](error)


@pytest.mark.parametrize(
    "error",
    [
        AssertionError(),
        FileNotFoundError(errno.ENOENT, "none"),
        ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
        TimeoutError(),
        ModuleNotFoundError("No module named 'nonsuch'", name="nonsuch"),
        ModuleNotFoundError("No module named 'asyncio.nonsuch'", name="asyncio.nonsuch"),
        ImportError("cannot import name", name="asyncio", path="/x/asyncio/__init__.py"),
        ExceptionGroup("one", [OSError(errno.ENOSPC, "full"), AssertionError()]),
    ],
    ids=repr,
)
def test_error_may_be_of_the_project(hook: dict[str, Any], error: Exception) -> None:
    error.__cause__ = error  # a chain that does not end
    assert hook["lack_of_machine"](error) == ""


def missing_need(*command: str, **environment: str) -> str:
    """Ask the hook, in a process of its own, what the machine lacks."""
    code = f"import runpy; print(runpy.run_path({str(HOOK)!r})['missing_need']())"
    done = subprocess.run(
        [*command, sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.strip()


def test_nothing_is_missing_here() -> None:
    assert missing_need() == ""


def test_log_of_keys_that_cannot_be_written(tmp_path: Path) -> None:
    missing = missing_need(SSLKEYLOGFILE=str(tmp_path / "nonsuch" / "keys"))
    assert missing.startswith("no TLS context can be created (FileNotFoundError")


FULL = ["--mount", "sh", "-c", 'mount -t tmpfs -o size=64k tmpfs "$TMPDIR" && exec "$@"', "sh"]


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are of Linux")
@pytest.mark.parametrize(
    ("namespace", "missing"),
    [
        (["--net"], "nothing can connect to 127.0.0.1 (OSError"),
        (FULL, "the temporary folder cannot be written to (OSError: [Errno 28] No space left"),
    ],
    ids=["loopback", "room in the temporary folder"],
)
def test_namespace_without(tmp_path: Path, namespace: list[str], missing: str) -> None:
    unshare = ["unshare", "--map-root-user"]
    if subprocess.run([*unshare, "--net", "--mount", "true"], check=False).returncode:
        pytest.skip("no namespaces here, as in some containers")
    found = missing_need(*unshare, *namespace, TMPDIR=str(tmp_path))
    assert found.startswith(missing)


def test_record_that_breaks_off_is_read_so_far(
    hook: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def started(command: list[str], *_: object) -> Iterator[Any]:
        Path(command[-1]).write_text('{"test": "a", "outcome": "passed"}\n{"test": "b", ', "utf-8")
        yield Mock(returncode=-9)

    monkeypatch.setitem(hook["recorded_suite"].__globals__, "started", started)
    status, entries = hook["recorded_suite"]({}, None)
    assert (status, entries) == (-9, [{"test": "a", "outcome": "passed"}])


def test_hook_that_fails_itself_keeps_the_project(user: User, template: Path) -> None:
    path = template / "hooks" / "post_gen_project.py"
    text = path.read_text(encoding="utf-8")
    broken = text.replace('"""Make the environment and', '1 / 0\n    """Make the environment and')
    assert broken != text
    path.write_text(broken, encoding="utf-8")
    result = user.cookiecutter(*SMALL, template=template)
    assert result.returncode == 0
    assert "\nNOT VERIFIED: the hook of the template has failed; please report " in result.stdout
    assert names_in(user.work) == {SLUG}
