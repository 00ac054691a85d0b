"""SQLite for tests: copies of one empty file."""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.store import create_schema


class WorkerDatabase:
    """A worker's own database: a copy of the template, which sees who commits to it."""

    def __init__(self, template: Path) -> None:
        self._template = template
        self._file = template.with_name("worker.sqlite")
        self.url = self._file.as_uri()
        self._copy()

    def _copy(self) -> None:
        shutil.copy(self._template, self._file)
        self._witness = sqlite3.connect(self._file)
        self._version = self._read_version()

    def _read_version(self) -> int:
        (version,) = self._witness.execute("PRAGMA data_version").fetchone()
        return int(version)

    def has_changed(self) -> bool:
        """Tell whether anybody has committed to it since it was made."""
        return self._read_version() != self._version

    def make_anew(self) -> None:
        """Replace it by the schema and no rows."""
        self.close()
        # Remove the file itself, too: who still has it open keeps the old one.
        for part in ("", "-wal", "-shm"):
            Path(f"{self._file}{part}").unlink(missing_ok=True)
        self._copy()

    def close(self) -> None:
        self._witness.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the schema and no rows."""
    file = tmp_path_factory.mktemp("database") / "template.sqlite"
    asyncio.run(create_schema(file.as_uri()))
    return file


@pytest.fixture(scope="session")
def worker_database(template: Path) -> Iterator[WorkerDatabase]:
    """This worker's own database: tells of commits, and makes itself anew."""
    database = WorkerDatabase(template)
    yield database
    database.close()


@pytest.fixture(scope="session")
def database_url(worker_database: WorkerDatabase) -> str:
    """This worker's own database, with the schema and no rows."""
    return worker_database.url


@pytest.fixture
def fresh_database(template: Path, tmp_path: Path) -> str:
    """A database for this test alone: it may commit, connect twice, change the schema."""
    return Path(shutil.copy(template, tmp_path / "fresh.sqlite")).as_uri()
