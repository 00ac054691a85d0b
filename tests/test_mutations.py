"""The teeth of generated suites: whatever is broken in the example code, a test goes red."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers.projects import CHOICES, TEMPLATE, Answers, command_for, render
from helpers.suites import Environment, counts_of, skip_without_server

HANGS = {
    "limit of zero allowed",
    "no deadline",
    "no timeout",
    "one call at a time",
    "the others run on after a failure",
    "waits for ever",
    "websocket says nothing",
}

# What is broken, what it is in the code (a regular expression), and what it becomes.
Break = tuple[str, str, str | Callable[[re.Match[str]], str]]

CONCURRENCY: list[Break] = [
    ("one call at a time", r"Semaphore\(limit\)", "Semaphore(1)"),
    ("no limit", "async with slots:", "if True:"),
    ("no deadline", r"timeout\(deadline\)", "timeout(None)"),
    ("wrong order", r"for task in tasks\]", "for task in reversed(tasks)]"),
    ("limit of zero allowed", "if limit < 1:", "if limit < 0:"),
    (
        "the others run on after a failure",
        r"asyncio\.TaskGroup\(\) as group:\n( +)(tasks = .*)",
        r"asyncio.timeout(None):\n\1\2\n\1await asyncio.wait(tasks)",
    ),
]
API: list[Break] = [
    ("404 taken for a fault", r"HTTPStatus\.NOT_FOUND", "HTTPStatus.GONE"),
    ("500 taken for an answer", r"!= HTTPStatus\.OK", "== HTTPStatus.TEAPOT"),
    ("no timeout", r"timeout\(self\._timeout\)", "timeout(None)"),
    ("timeout not told", r"except \((\S+), TimeoutError\)", r"except (\1, KeyError)"),
    ("refusal not told", r"except \(\S+, TimeoutError\)", "except (KeyError, TimeoutError)"),
    ("no JSON not told", r"\(ValueError, KeyError, TypeError\)", "(KeyError, TypeError)"),
    ("missing fields not told", r"\(ValueError, KeyError, TypeError\)", "(ValueError, TypeError)"),
    ("no object not told", r"\(ValueError, KeyError, TypeError\)", "(ValueError, KeyError)"),
    ("another user asked for", r"/users/\{user_id\}", "/users/{user_id + 1}"),
]
IMPORTER: list[Break] = [
    ("missing await", r"await store\.add", "store.add"),
    ("nothing fetched", "limit=limit", "limit=0"),
    ("the limit ignored", "limit=limit", "limit=1000"),
    ("only one stored", r"add\(\*users\)", "add(users[0])"),
    ("wrong number", r"return len\(users\)", "return len(users) - 1"),
]
STORE: list[Break] = [
    ("no such user not told", r"raise UserNotFoundError\(user_id\)", "return None"),
    ("all taken for twins", "except .*Error as error:", "except BaseException as error:"),
    ("twins not told", "except .*Error as error:", "except KeyError as error:"),
    ("twins swallowed", r"raise UserExistsError\(str\(error\)\) from error", "return"),
    ("wrong count", r"(return (await self.*|int\(.*|count))\n", r"\1 + 1\n"),
]
STORES: dict[str, list[Break]] = {
    "driver": [("some stored, not all", "async with .*transaction.*:", "if True:")],
    "sqlalchemy": [
        ("not committed", r"await self\._session\.commit\(\)", "await self._session.flush()"),
        ("not rolled back", r"await self\._session\.rollback\(\)", "pass"),
    ],
}
# What each kind of database does at the end of a test, and how it leaks.
ENDS = {
    '"ROLLBACK TO SAVEPOINT test; SELECT pg_advisory_unlock_all(); {}"': '"{}"',
    '"ROLLBACK TO SAVEPOINT test; ROLLBACK"': '"COMMIT"',
    '"ROLLBACK TO SAVEPOINT test"': '"SELECT 1"',
    '"ROLLBACK"': '"COMMIT"',
    "transaction.rollback()": "transaction.commit()",
    "        await connection.begin()": "        pass",
    "if self._database.has_changed():": "if False:",
    "if database.has_changed():": "if False:",
}
ISOLATION: list[Break] = [
    ("commits leak", r"(await empty_database|database\.make_anew)\(\)", "pass"),
    ("rows leak", "|".join(map(re.escape, ENDS)), lambda found: ENDS[found[0]]),
]


# The same for what may be added; plain text, each with its file.
CACHE = [
    ("src/demo/cache.py", "no expiry", ", ex=self._ttl", ""),
    ("src/demo/cache.py", "one key for all", "user:{user_id}", "user"),
    ("src/demo/cache.py", "never a hit", "if found is not None:", "if found is None:"),
    (
        "src/demo/cache.py",
        "appended, not replaced",
        "await self._redis.set(key",
        "await self._redis.append(key",
    ),
    (
        "src/demo/cache.py",
        "unreadable entries",
        "suppress(ValueError, TypeError)",
        "suppress(KeyError)",
    ),
    (
        "src/demo/cache.py",
        "everybody fetches",
        "if lookup is None or lookup.task.done():",
        "if True:",
    ),
    (
        "src/demo/cache.py",
        "cancelled with the first caller",
        "await asyncio.wait([lookup.task])\n        finally",
        "await lookup.task\n        finally",
    ),
    ("src/demo/cache.py", "the fetch runs on", "if lookup.task.cancel():", "if False:"),
    ("src/demo/cache.py", "the fetch ends with one caller", "if not lookup.callers:", "if True:"),
    ("src/demo/cache.py", "nothing without Redis", "except RedisError", "except KeyError"),
    ("src/demo/cache.py", "unread in silence", "Redis cannot be read", ""),
    ("src/demo/cache.py", "unwritten in silence", "Redis cannot be written", ""),
    ("src/demo/cache.py", "waits for ever", "socket_timeout=timeout", "socket_timeout=None"),
    ("src/demo/cache.py", "broken without Redis", "return await self._fetch(user_id)", "raise"),
    (
        "src/demo/cache.py",
        "made up",
        "user = await self._fetch(user_id)",
        "user = User(1, 'Ada', 'ada@example.com')",
    ),
    (
        "src/demo/cache.py",
        "errors swallowed",
        "return lookup.task.result()",
        "return User(1, 'Ada', 'ada@example.com')",
    ),
    ("tests/fixtures/cache.py", "keys of other tests", "empty_redis()", "pass"),
]
APPLICATION = [
    (
        "tests/fixtures/app_store.py",
        "missing override",
        "app.dependency_overrides[get_store] = ",
        "_ = ",
    ),
    (
        "tests/fixtures/app_store.py",
        "requests not in turn",
        "async with lock, store_on",
        "async with store_on",
    ),
    (
        "tests/fixtures/app.py",
        "override outlives its test",
        "app.dependency_overrides = overrides",
        "pass",
    ),
    (
        "tests/fixtures/app.py",
        "application stops too soon",
        "await stop.wait()",
        "await asyncio.sleep(0)",
    ),
    ("src/demo/database.py", "no rollback", "async with transaction(connection):", "if True:"),
    ("src/demo/errors.py", "swallowed error", "HTTPStatus.CONFLICT", "HTTPStatus.OK"),
    ("src/demo/errors.py", "malformed answer passed on", "HTTPStatus.BAD_GATEWAY", "HTTPStatus.OK"),
    ("src/demo/user_routes.py", "nothing stored", "await store.add(user)", "pass"),
    ("src/demo/user_routes.py", "id too large", "le=MAX_ID)\n    name", ")\n    name"),
    ("src/demo/import_routes.py", "group passed on", "raise group.exceptions[0]", "raise group"),
    ("src/demo/chat_routes.py", "websocket says nothing", "chat.say(text)", "pass"),
    ("src/demo/chat.py", "listener never leaves", "self._listeners.remove(messages)", "pass"),
    ("src/demo/app.py", "API not given to requests", "as app.state.api,", "as app.state.other,"),
]
CACHED_APPLICATION = [
    ("src/demo/fetch_routes.py", "cache passed by", "users.get(", "users._fetch("),
    ("src/demo/app.py", "no cache for requests", "as app.state.cache,", "as app.state.other,"),
    ("tests/fixtures/cache.py", "cached by other tests", "empty_redis()", "pass"),
]


def breaks() -> Iterator[tuple[str, Answers, Break]]:
    """Yield files, the answers with which they are generated, and how to break them."""
    source, databases = "src/demo", [one for one in CHOICES["database"] if one != "none"]
    for one in CONCURRENCY:
        yield f"{source}/concurrency.py", {"database": "none", "http_client": "none"}, one
    for client in CHOICES["http_client"]:
        for one in API if client != "none" else []:
            yield f"{source}/api.py", {"http_client": client, "database": "none"}, one
        if client.startswith("httpx"):
            one = ("answers of another test", r"answers_of_this_run\.clear\(\)", "pass")
            answers = {"http_client": client, "database": "none"}
            yield "tests/fixtures/http_client.py", answers, one
    for one in IMPORTER:
        yield f"{source}/importer.py", {}, one
    for database in databases:
        for access in CHOICES["data_access"]:
            answers = {"database": database, "data_access": access, "http_client": "none"}
            for one in [*STORE, *STORES[access]]:
                yield f"{source}/store.py", answers, one
            for one in ISOLATION:
                yield "tests/fixtures/database.py", answers, one

    added = [
        (CACHE, {"redis": "yes", "database": "none", "http_client": "none"}),
        # On one loop, so with one application, for all tests.
        (APPLICATION, {"web_framework": "fastapi", "fixture_loop_scope": "session"}),
        (CACHED_APPLICATION, {"web_framework": "fastapi", "redis": "yes", "database": "none"}),
    ]
    for listed, answers in added:
        for file, what, right, wrong in listed:
            yield file, answers, (what, re.escape(right), wrong.replace("\\", r"\\"))


BREAKS = list(breaks())


@pytest.mark.parametrize(
    ("file", "answers", "broken"),
    [
        pytest.param(file, answers, broken, id="-".join([broken[0], *answers.values()]))
        for file, answers, broken in BREAKS
    ],
)
def test_suite_notices_a_break(
    tmp_path: Path, environment: Environment, file: str, answers: Answers, broken: Break
) -> None:
    skip_without_server(answers.get("database", "none"))
    project = render(tmp_path, answers)
    what, pattern, replacement = broken
    text = (project / file).read_text(encoding="utf-8")
    changed = re.sub(pattern, replacement, text)
    assert changed != text
    compile(changed, file, "exec")
    (project / file).write_text(changed, encoding="utf-8")
    print(f"To do it by hand: {command_for(answers)}, and in {file}: {what}")

    # Only what must hang may be ended by the clock.
    patience = "--timeout=5" if what in HANGS else "--timeout=60"
    in_order = ("-p", "no:randomly", "-p", "no:cacheprovider")
    done = environment.run(project, "pytest", patience, *in_order, "-x")

    assert done.returncode == 1, done.stdout
    assert what in HANGS or "Timeout (>" not in done.stdout, done.stdout
    assert {"failed", "error"} & {*counts_of(done.stdout)}, done.stdout


def test_readme_tells_how_many_breaks_are_noticed() -> None:
    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    assert f"**{len(BREAKS)} of {len(BREAKS)}**" in readme
