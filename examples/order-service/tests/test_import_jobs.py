import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from pytest_httpserver import HTTPServer

from order_service.store import UserStore

from .test_importer import expect_failure, expect_user


async def test_import_in_the_background(
    app: FastAPI, client: AsyncClient, api_server: HTTPServer, store: UserStore
) -> None:
    users = [expect_user(api_server, user_id) for user_id in (1, 2, 3)]

    response = await client.post("/import-jobs", json={"user_ids": [1, 2, 3]})
    await app.state.jobs.finished()

    assert response.status_code == 202
    assert [await store.get(user.id) for user in users] == users


async def test_failure_is_logged_and_nothing_stored(
    app: FastAPI,
    client: AsyncClient,
    api_server: HTTPServer,
    store: UserStore,
    caplog: pytest.LogCaptureFixture,
) -> None:
    expect_failure(api_server, 404)

    await client.post("/import-jobs", json={"user_ids": [1, 2]})
    await app.state.jobs.finished()

    assert "The job 'import [1, 2]' has failed" in caplog.messages
    assert await store.count() == 0
