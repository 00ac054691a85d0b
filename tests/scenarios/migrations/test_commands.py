"""Alembic on the command line, in sync code and inside a running event loop."""

import logging
import os
import subprocess
import sys

import pytest
from alembic import command
from alembic.config import Config
from demo.database import create_schema
from sqlalchemy import inspect

from .test_migrations import call


def alembic(database_url, *arguments, folder="."):
    environment = os.environ | {"PYTHONPATH": os.path.abspath("src")}
    if database_url:
        environment["DATABASE_URL"] = database_url
    return subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def tables(database_url):
    names = call(lambda connection: inspect(connection).get_table_names(), database_url)
    return {*names} - {"alembic_version"}


def test_command_line(fresh_database_url):
    before = tables(fresh_database_url)
    down = alembic(fresh_database_url, "downgrade", "base")
    assert (down.returncode, tables(fresh_database_url)) == (0, set())
    up = alembic(fresh_database_url, "upgrade", "head")
    assert (up.returncode, tables(fresh_database_url)) == (0, before)
    assert "Running upgrade  -> 5b1f0c7d2a94, Create the table of users" in up.stdout
    sql = alembic(None, "upgrade", "5b1f0c7d2a94", "--sql")
    assert "CREATE TABLE users" in sql.stdout


def test_command_line_in_another_folder(fresh_database_url, tmp_path):
    before = tables(fresh_database_url)
    project = ["-c", os.path.abspath("pyproject.toml")]
    down = alembic(fresh_database_url, *project, "downgrade", "base", folder=tmp_path)
    assert (down.returncode, tables(fresh_database_url)) == (0, set()), down.stdout
    up = alembic(fresh_database_url, *project, "upgrade", "head", folder=tmp_path)
    assert (up.returncode, tables(fresh_database_url)) == (0, before), up.stdout


def test_database_that_cannot_be_used(fresh_database_url, tmp_path):
    url = f"{fresh_database_url.partition('?')[0]}/nowhere/at.all"
    done = alembic(url, "upgrade", "head")
    assert done.returncode != 0
    assert done.stdout.splitlines()[-1].startswith("FAILED: DATABASE_URL: cannot connect to ")
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("name", ["upgrade", "check"])
def test_missing_url(name):
    done = alembic(None, name, *["head"][: name == "upgrade"])
    assert done.returncode != 0
    assert done.stdout.splitlines()[-1] == "FAILED: DATABASE_URL is missing"
    assert "Traceback" not in done.stdout


def run_commands(database_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url)
    config = Config(toml_file="pyproject.toml")
    command.downgrade(config, "base")
    command.upgrade(config, "head")
    command.current(config, check_heads=True)


def test_sync_code(fresh_database_url, monkeypatch):
    run_commands(fresh_database_url, monkeypatch)


@pytest.mark.asyncio
async def test_running_loop(fresh_database_url, monkeypatch):
    run_commands(fresh_database_url, monkeypatch)


@pytest.mark.asyncio
async def test_logging_stays_as_it_was(fresh_database_url, monkeypatch):
    mine, root = logging.getLogger("mine"), logging.getLogger()
    before = (root.level, [*root.handlers], mine.disabled, mine.level)
    await create_schema(fresh_database_url)
    run_commands(fresh_database_url, monkeypatch)
    assert (root.level, [*root.handlers], mine.disabled, mine.level) == before
