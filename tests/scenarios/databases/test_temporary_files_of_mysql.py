from urllib.parse import parse_qs, urlsplit

import pytest


@pytest.mark.asyncio
async def test_temporary_files_are_beside_the_socket(connection, database_url):
    async with connection.cursor() as cursor:
        await cursor.execute("SELECT @@tmpdir")
        (folder,) = await cursor.fetchone()
    assert parse_qs(urlsplit(database_url).query)["unix_socket"] == [f"{folder}/socket"]
