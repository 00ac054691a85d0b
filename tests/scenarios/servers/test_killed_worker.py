import os

import pytest


@pytest.mark.parametrize("number", range(4))
def test_worker_dies(database_url, number):
    if number == 1 and os.environ.get("PYTEST_XDIST_WORKER"):
        os._exit(1)
