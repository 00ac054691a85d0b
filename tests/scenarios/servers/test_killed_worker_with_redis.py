import os

import pytest


@pytest.mark.parametrize("number", range(4))
def test_worker_dies(redis_client, redis_prefix, empty_redis, redis_url, number):
    from redis import Redis

    Redis.from_url(redis_url).set(f"{redis_prefix}left", 1)
    if number == 1 and os.environ.get("PYTEST_XDIST_WORKER"):
        os._exit(1)
