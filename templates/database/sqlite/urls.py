"""SQLite for tests: copies of one empty file."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.store import create_schema


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the schema and no rows."""
    file = tmp_path_factory.mktemp("database") / "template.sqlite"
    asyncio.run(create_schema(file.as_uri()))
    return file


@pytest.fixture(scope="session")
def database_url(template: Path) -> str:
    """This worker's own database, with the schema and no rows."""
    file = template.with_name("worker.sqlite")
    shutil.copy(template, file)
    return file.as_uri()


@pytest.fixture(scope="session")
def empty_database(template: Path, database_url: str) -> Callable[[], Awaitable[None]]:
    """Make this worker's database anew; no connection to it may be open."""
    file = template.with_name("worker.sqlite")

    async def copy_template() -> None:
        for journal in ("worker.sqlite-wal", "worker.sqlite-shm"):
            file.with_name(journal).unlink(missing_ok=True)
        shutil.copy(template, file)

    return copy_template


@pytest.fixture
def fresh_database(template: Path, tmp_path: Path) -> str:
    """A database for this test alone: it may commit, connect twice, change the schema."""
    return Path(shutil.copy(template, tmp_path / "fresh.sqlite")).as_uri()
