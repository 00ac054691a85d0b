"""What a test can change about the connections to Redis."""

import pytest

pytestmark = pytest.mark.asyncio
twice = pytest.mark.parametrize("time", ["first", "second"])


@twice
async def test_name(redis_client, time):
    assert not await redis_client.client_getname()
    await redis_client.client_setname("eve")


@twice
async def test_selected_database(redis_client, time):
    assert await redis_client.get("key") is None
    await redis_client.execute_command("SELECT", 999)
    assert await redis_client.get("key") is None
    await redis_client.set("key", "of the other database", ex=60)
    await redis_client.delete("key")


@twice
async def test_keys(redis_client, time):
    assert await redis_client.set("key", "value", nx=True)


@twice
async def test_transaction_that_is_not_ended(redis_client, time):
    assert await redis_client.ping()
    assert await redis_client.execute_command("MULTI")


@twice
async def test_tracking(redis_client, time):
    assert await redis_client.ping()
    assert await redis_client.execute_command("CLIENT", "NO-EVICT", "ON")
    assert await redis_client.execute_command("CLIENT", "TRACKING", "ON")


@twice
async def test_settings_of_the_client(redis_client, time):
    await redis_client.set("key", "value")
    assert await redis_client.get("key") == b"value"
    redis_client.set_response_callback("GET", lambda *_, **__: "changed")
    redis_client.connection_pool.connection_kwargs["decode_responses"] = True
    redis_client.connection_pool.max_connections = 0


@twice
async def test_replaced_method(redis_client, time):
    assert await redis_client.get("key") is None
    redis_client.get = None


@twice
async def test_closed(redis_client, time):
    assert await redis_client.ping()
    await redis_client.aclose()
