import os

import pytest


@pytest.mark.asyncio
@pytest.mark.parametrize("number", range(int(os.environ["TESTS"])))
async def test_empty(number):
    pass
