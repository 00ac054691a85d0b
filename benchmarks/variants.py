"""What is compared with what."""

from dataclasses import replace

from helpers.projects import CHOICES
from suites import Suite

NOTHING = {"database": "none", "http_client": "none"}
SQLITE = {"database": "sqlite", "http_client": "none"}
POSTGRESQL = {"database": "postgresql", "http_client": "none"}
MYSQL = {"database": "mysql", "http_client": "none"}
SESSION = {"fixture_loop_scope": "session"}
SQLALCHEMY = {"data_access": "sqlalchemy"}


def empty(scope: str, mode: str = "auto", *plugins: str) -> Suite:
    """Return a suite of empty async tests, with these of the plugins of a generated project."""
    name = ", ".join(["async", f"{scope} loop", mode, *plugins])
    answers = NOTHING | {"fixture_loop_scope": scope, "asyncio_mode": mode}
    return Suite(name, "empty_async.py", answers, plugins)


def client(name: str) -> dict[str, str]:
    return {"database": "none", "http_client": name, **SESSION}


EMPTY = [
    Suite("sync", "empty_sync.py", empty("function").answers, ()),
    Suite("sync, guards", "empty_sync.py", empty("function").answers, ("guards",)),
    *(empty(scope, mode) for scope in CHOICES["fixture_loop_scope"] for mode in ("auto", "strict")),
    *(empty(scope, "auto", "guards") for scope in CHOICES["fixture_loop_scope"]),
    *(empty(scope, "auto", "guards", "scheduling") for scope in ("function", "session")),
]

DATABASES = [
    Suite("SQLite, ours", "ours_sqlite.py", SQLITE | SESSION),
    Suite("SQLite, ours, function loop", "ours_sqlite.py", SQLITE),
    Suite("SQLite, ours, SQLAlchemy", "ours_sqlalchemy.py", SQLITE | SESSION | SQLALCHEMY),
    Suite("SQLite, in memory per test", "sqlite_memory_per_test.py", tests=500),
    Suite("SQLite, connect per test", "sqlite_file_connect_per_test.py", tests=300),
    Suite("SQLite, SQLAlchemy per test", "sqlite_sqlalchemy_engine_per_test.py", tests=200),
    Suite("PostgreSQL, ours", "ours_postgresql.py", POSTGRESQL | SESSION),
    Suite("PostgreSQL, ours, function loop", "ours_postgresql.py", POSTGRESQL, tests=200),
    Suite("PostgreSQL, ours, SQLAlchemy", "ours_sqlalchemy.py", POSTGRESQL | SESSION | SQLALCHEMY),
    Suite("PostgreSQL, SQLAlchemy savepoints", "postgresql_sqlalchemy_savepoint.py"),
    Suite("PostgreSQL, connect per test", "postgresql_connect_per_test.py", tests=300),
    Suite("PostgreSQL, pool per test", "postgresql_pool_per_test.py", tests=300),
    Suite("PostgreSQL, clone per test", "postgresql_clone_per_test.py", tests=50),
    Suite("PostgreSQL, pytest-postgresql", "postgresql_pytest_postgresql.py", tests=50),
    Suite("PostgreSQL on disk, ours", "ours_postgresql.py", POSTGRESQL | SESSION, tuned=False),
    Suite(
        "PostgreSQL on disk, clone per test",
        "postgresql_clone_per_test.py",
        tests=50,
        tuned=False,
    ),
    Suite("MySQL, ours", "ours_mysql.py", MYSQL | SESSION),
    Suite("MySQL, ours, SQLAlchemy", "ours_sqlalchemy.py", MYSQL | SESSION | SQLALCHEMY),
    Suite("MySQL, connect per test", "mysql_connect_per_test.py", tests=300),
    Suite("MySQL, pool per test", "mysql_pool_per_test.py", tests=300),
]

HTTP = [
    Suite("HTTPX2, ours, loopback", "ours_http.py", client("httpx2")),
    Suite("HTTPX2, ours, in process", "ours_in_process_httpx2.py", client("httpx2")),
    Suite("HTTPX2, client per test", "httpx2_client_per_test.py", tests=100),
    Suite("HTTPX2, pytest-httpx2", "httpx2_pytest_httpx2.py", tests=100),
    Suite("HTTPX, ours, loopback", "ours_http.py", client("httpx")),
    Suite("HTTPX, ours, in process", "ours_in_process_httpx.py", client("httpx")),
    Suite("HTTPX, client per test", "httpx_client_per_test.py", tests=100),
    Suite("HTTPX, respx", "httpx_respx.py", tests=100),
    Suite("HTTPX, pytest-httpx", "httpx_pytest_httpx.py", tests=100),
    Suite("aiohttp, ours, loopback", "ours_http.py", client("aiohttp")),
    Suite("aiohttp, client per test", "aiohttp_client_per_test.py", tests=300),
    Suite("aiohttp, aioresponses", "aiohttp_aioresponses.py", tests=300),
]

FASTAPI = {"web_framework": "fastapi"} | SESSION
SERVICES = [
    Suite("FastAPI on PostgreSQL", "ours_request.py", POSTGRESQL | FASTAPI),
    Suite(
        "FastAPI on PostgreSQL, SQLAlchemy", "ours_request.py", POSTGRESQL | FASTAPI | SQLALCHEMY
    ),
    Suite("Redis", "ours_redis.py", NOTHING | SESSION | {"redis": "yes"}),
]

GROWING = [empty("function", "auto", "guards"), empty("session", "auto", "guards")]
STARTING = [
    replace(suite, alone=True, more=("pytest-zygote",))
    for suite in (
        empty("session", "auto", "guards"),
        Suite("SQLite", "ours_sqlite.py", SQLITE | SESSION),
        Suite("PostgreSQL", "ours_postgresql.py", POSTGRESQL | SESSION),
        Suite("MySQL", "ours_mysql.py", MYSQL | SESSION),
    )
]
