"""Mutation tests of the example code and its fixtures: for each mutation, the generated suite fails."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers.projects import CHOICES, TEMPLATE, Answers, command_for, render
from helpers.suites import Environment, counts_of, skip_without_server

HANGS = {
    "application stops too soon",
    "limit of zero allowed",
    "no deadline",
    "no timeout",
    "one call at a time",
    "other calls not cancelled",
    "no timeout of Redis",
    "readiness without deadline",
    "websocket sends nothing",
}

# A name, what it replaces in the code (a regular expression), and the replacement.
Mutation = tuple[str, str, str | Callable[[re.Match[str]], str]]

CONCURRENCY: list[Mutation] = [
    ("one call at a time", r"Semaphore\(limit\)", "Semaphore(1)"),
    ("no limit", "async with slots:", "if True:"),
    ("no deadline", r"timeout\(deadline\)", "timeout(None)"),
    ("wrong order", r"for task in tasks\]", "for task in reversed(tasks)]"),
    ("limit of zero allowed", "if limit < 1:", "if limit < 0:"),
    (
        "other calls not cancelled",
        r"asyncio\.TaskGroup\(\) as group:\n( +)(tasks = .*)",
        r"asyncio.timeout(None):\n\1\2\n\1await asyncio.wait(tasks)",
    ),
]
API: list[Mutation] = [
    ("404 is a fault", r"HTTPStatus\.NOT_FOUND", "HTTPStatus.GONE"),
    ("500 is a response", r"!= HTTPStatus\.OK", "== HTTPStatus.TEAPOT"),
    ("no timeout", r"timeout\(self\._timeout\)", "timeout(None)"),
    ("timeout not reported", r"except \((\S+), TimeoutError\)", r"except (\1, KeyError)"),
    (
        "refused connection not reported",
        r"except \(\S+, TimeoutError\)",
        "except (KeyError, TimeoutError)",
    ),
    ("invalid JSON not reported", r"\(ValueError, KeyError, TypeError\)", "(KeyError, TypeError)"),
    (
        "missing fields not reported",
        r"\(ValueError, KeyError, TypeError\)",
        "(ValueError, TypeError)",
    ),
    (
        "no JSON object not reported",
        r"\(ValueError, KeyError, TypeError\)",
        "(ValueError, KeyError)",
    ),
    ("another user requested", r"/users/\{user_id\}", "/users/{user_id + 1}"),
]
IMPORTER: list[Mutation] = [
    ("missing await", r"await store\.add", "store.add"),
    ("nothing fetched", "limit=limit", "limit=0"),
    ("limit ignored", "limit=limit", "limit=1000"),
    ("only one stored", r"add\(\*users\)", "add(users[0])"),
    ("wrong number", r"return len\(users\)", "return len(users) - 1"),
]
STORE: list[Mutation] = [
    ("unknown user not reported", r"raise UserNotFoundError\(user_id\)", "return None"),
    ("every error is a duplicate", "except .*Error as error:", "except BaseException as error:"),
    ("duplicate not reported", "except .*Error as error:", "except KeyError as error:"),
    ("duplicate ignored", r"raise UserExistsError\(str\(error\)\) from error", "return"),
    ("wrong count", r"(return (await self.*|int\(.*|count))\n", r"\1 + 1\n"),
]
STORES: dict[str, list[Mutation]] = {
    "driver": [("no transaction", "async with .*transaction.*:", "if True:")],
    "sqlalchemy": [
        ("some stored, not all", r"async with self\._session\.begin_nested\(\):", "if True:"),
    ],
}
TRANSACTIONS: dict[str, Mutation] = {
    "driver": (
        "failures stored",
        (
            r"(?<=as connection),\s+(connection\.)?transaction\((connection)?\),?\s*"
            r"|await stack\.enter_async_context\(transaction\(connection\)\)\s*"
        ),
        "",
    ),
    "sqlalchemy": ("not committed", r"_sessions\.begin\(\)", "_sessions()"),
}
# How the servers' databases end a test, and a mutation of it that leaks.
ENDS = {
    "connection.form = ROLLBACK": "pass",
    "raw.form = ROLLBACK": "pass",
    '"ROLLBACK TO SAVEPOINT test; ROLLBACK"': '"COMMIT"',
    '"ROLLBACK TO SAVEPOINT test"': '"SELECT 1"',
    "transaction.rollback()": "transaction.commit()",
}
ROWS: Mutation = ("rows leak", "|".join(map(re.escape, ENDS)), lambda found: ENDS[found[0]])
COMMITS: Mutation = ("commits leak", r"await empty_database\(\)", "pass")
ONE_DATABASE: Mutation = (
    "one database for all tests",
    r"(?<=memory\.backup\(self\)\n)",
    """
            def close(self) -> None:
                self.backup(memory)
                super().close()
""",
)


# The same for additions: a file, a name, plain text and its replacement.
CACHE = [
    ("src/demo/cache.py", "no expiry", ", ex=self._ttl", ""),
    ("src/demo/cache.py", "same key for all", "user:{user_id}", "user"),
    ("src/demo/cache.py", "never a hit", "if found is not None:", "if found is None:"),
    (
        "src/demo/cache.py",
        "appended instead of replaced",
        "await self._redis.set(key",
        "await self._redis.append(key",
    ),
    (
        "src/demo/cache.py",
        "unreadable entries raise",
        "suppress(ValueError, TypeError)",
        "suppress(KeyError)",
    ),
    (
        "src/demo/cache.py",
        "concurrent lookups not shared",
        "if lookup is None or lookup.task.done():",
        "if True:",
    ),
    (
        "src/demo/cache.py",
        "cancelled with the first caller",
        "await asyncio.wait([lookup.task])\n        finally",
        "await lookup.task\n        finally",
    ),
    ("src/demo/cache.py", "fetch never cancelled", "if lookup.task.cancel():", "if False:"),
    ("src/demo/cache.py", "fetch cancelled with any caller", "if not lookup.callers:", "if True:"),
    ("src/demo/cache.py", "Redis errors raised", "except RedisError", "except KeyError"),
    ("src/demo/cache.py", "failed read not logged", "Redis cannot be read", ""),
    ("src/demo/cache.py", "failed write not logged", "Redis cannot be written", ""),
    (
        "src/demo/cache.py",
        "no fallback without Redis",
        "return await self._fetch(user_id)",
        "raise",
    ),
    (
        "src/demo/cache.py",
        "wrong user",
        "user = await self._fetch(user_id)",
        "user = User(1, 'Ada', 'ada@example.com')",
    ),
    (
        "src/demo/cache.py",
        "errors swallowed",
        "return lookup.task.result()",
        "return User(1, 'Ada', 'ada@example.com')",
    ),
]
REDIS = [
    (
        "src/demo/redis_client.py",
        "no timeout of Redis",
        "socket_timeout=timeout",
        "socket_timeout=None",
    ),
    ("tests/fixtures/redis_client.py", "keys of other tests", "empty_redis()", "pass"),
]
APPLICATION = [
    (
        "tests/fixtures/app_database.py",
        "requests in a database of their own",
        "app.state.database, database",
        "app.state.database, app.state.database",
    ),
    (
        "tests/fixtures/database.py",
        "requests not serialised",
        "async with self._lock:",
        "if True:",
    ),
    (
        "tests/fixtures/app.py",
        "override outlives its test",
        "with restored(app):",
        "if True:",
    ),
    (
        "tests/fixtures/app.py",
        "application stops too soon",
        "await stop.wait()",
        "await asyncio.sleep(0)",
    ),
    ("src/demo/app.py", "API not given to requests", "app.state.http_client", "app.state.other"),
]
ROUTES = [
    ("src/demo/user_routes.py", "swallowed error", "HTTPStatus.CONFLICT", "HTTPStatus.OK"),
    (
        "src/demo/fetch_routes.py",
        "malformed response ignored",
        "HTTPStatus.BAD_GATEWAY",
        "HTTPStatus.OK",
    ),
    ("src/demo/user_routes.py", "nothing stored", "await UserStore(connection).add(user)", "pass"),
    ("src/demo/user_routes.py", "id not limited", "le=MAX_ID)\n    name", ")\n    name"),
    (
        "src/demo/import_routes.py",
        "exception group raised",
        "raise group.exceptions[0]",
        "raise group",
    ),
    ("src/demo/chat_routes.py", "websocket sends nothing", "chat.say(text)", "pass"),
    (
        "src/demo/chat_routes.py",
        "listener never removed",
        "self._listeners.remove(messages)",
        "pass",
    ),
    ("src/demo/jobs.py", "failing job ends its worker", "except Exception:", "except KeyError:"),
    ("src/demo/jobs.py", "one job too many at once", "range(limit)", "range(limit + 1)"),
    (
        "src/demo/jobs.py",
        "jobs of a request are not counted",
        "        self._take_place()\n        self.added",
        "        self.added",
    ),
    (
        "src/demo/jobs.py",
        "jobs of a failed request are counted",
        "            self._free_places += len(held.added)\n",
        "",
    ),
    (
        "src/demo/jobs.py",
        "jobs that have begun are counted",
        "            self._free_places += 1\n",
        "",
    ),
    (
        "src/demo/jobs.py",
        "shutdown does not wait for jobs",
        "await jobs.finished()\n",
        "pass\n",
    ),
    ("src/demo/jobs.py", "jobs given up in silence", "            jobs.give_up()\n", ""),
    ("src/demo/ready_routes.py", "always ready", "return False", "return True"),
    (
        "src/demo/ready_routes.py",
        "readiness without deadline",
        "timeout(deadline)",
        "timeout(None)",
    ),
    ("src/demo/settings.py", "secret in the message", "problem['msg']", "str(problem)"),
]
CACHED_APPLICATION = [
    ("src/demo/fetch_routes.py", "cache bypassed", "users.get(", "users._fetch("),
    ("src/demo/api_client.py", "no cache for requests", "app.state.cache = ", "app.state.other = "),
    ("tests/fixtures/redis_client.py", "cached by other tests", "empty_redis()", "pass"),
]


def without(tried: list[Answers]) -> list[Answers]:
    """Leave out the example: the small tests of the infrastructure are enough."""
    return [{**answers, "example": "no"} for answers in tried]


def mutations() -> Iterator[tuple[str, Mutation, list[Answers]]]:
    """Yield files, mutations of them, and the answers with which to try each."""
    small = {"database": "none", "http_client": "none"}
    clients = [
        {"database": "none", "http_client": client}
        for client in CHOICES["http_client"]
        if client != "none"
    ]
    stores = {
        access: [
            {"database": database, "data_access": access, "http_client": "none"}
            for database in CHOICES["database"]
            if database != "none"
        ]
        for access in CHOICES["data_access"]
    }
    every_store = [answers for group in stores.values() for answers in group]
    in_memory = [answers for answers in every_store if answers["database"] == "sqlite"]
    on_servers = [answers for answers in every_store if answers["database"] != "sqlite"]
    listed: list[tuple[str, list[Mutation], list[Answers]]] = [
        ("src/demo/concurrency.py", CONCURRENCY, [small]),
        ("src/demo/api.py", API, clients),
        (
            "tests/fixtures/http_client.py",
            [
                (
                    "responses of another test",
                    r"@pytest\.fixture\ndef in_process_responses",
                    '@pytest.fixture(scope="session")\ndef in_process_responses',
                )
            ],
            without([answers for answers in clients if answers["http_client"] != "aiohttp"]),
        ),
        ("src/demo/importer.py", IMPORTER, [{}]),
        ("src/demo/store.py", STORE, every_store),
        *(("src/demo/store.py", STORES[access], stores[access]) for access in stores),
        *(
            ("src/demo/database.py", [TRANSACTIONS[access]], without(stores[access]))
            for access in stores
        ),
        ("tests/fixtures/connection.py", [ROWS], on_servers),
        ("tests/fixtures/connection.py", [COMMITS], without(on_servers)),
        ("tests/fixtures/database_urls.py", [ONE_DATABASE], without(in_memory)),
    ]
    for file, group, answers in listed:
        for mutation in group:
            yield file, mutation, answers

    application = {"web_framework": "fastapi", "fixture_loop_scope": "session"}
    additions = [
        (CACHE, {"redis": "yes", **small}),
        (REDIS, {"redis": "yes", "example": "no", **small}),
        # With one event loop, so with one application, for all tests.
        (APPLICATION, {**application, "example": "no"}),
        (ROUTES, application),
        (CACHED_APPLICATION, {"web_framework": "fastapi", "redis": "yes", "database": "none"}),
    ]
    for added, one in additions:
        for file, name, right, wrong in added:
            yield file, (name, re.escape(right), wrong.replace("\\", r"\\")), [one]


def cases() -> Iterator[tuple[str, Mutation, Answers, bool]]:
    """Yield each mutation with all its answers; a usual run takes one of every twelfth mutation."""
    for number, (file, mutation, tried) in enumerate(mutations()):
        for index, answers in enumerate(tried):
            is_usual = number % 12 == 0 and index == number // 12 % len(tried)
            yield file, mutation, answers, is_usual


CASES = list(cases())


@pytest.mark.parametrize(
    ("file", "mutation", "answers"),
    [
        pytest.param(
            *(file, mutation, answers),
            id="-".join([mutation[0], *answers.values()]),
            marks=[] if is_usual else pytest.mark.thorough,
        )
        for file, mutation, answers, is_usual in CASES
    ],
)
def test_suite_fails_for_mutation(
    tmp_path: Path, environment: Environment, file: str, mutation: Mutation, answers: Answers
) -> None:
    skip_without_server(answers.get("database", "none"))
    project = render(tmp_path, answers)
    name, pattern, replacement = mutation
    text = (project / file).read_text(encoding="utf-8")
    mutated = re.sub(pattern, replacement, text)
    assert mutated != text
    compile(mutated, file, "exec")
    (project / file).write_text(mutated, encoding="utf-8")
    print(f"To do it by hand: {command_for(answers)}, and in {file}: {name}")

    # Only a mutation that must hang may run into the timeout.
    timeout = "--timeout=5" if name in HANGS else "--timeout=60"
    in_order = ("-p", "no:randomly", "-p", "no:cacheprovider")
    done = environment.run(project, "pytest", timeout, *in_order, "-x")

    assert done.returncode == 1, done.stdout
    assert name in HANGS or "Timeout (>" not in done.stdout, done.stdout
    assert {"failed", "error"} & {*counts_of(done.stdout)}, done.stdout


def test_readme_states_the_number_of_mutations() -> None:
    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    assert f"**{len(CASES)} of {len(CASES)}**" in readme
