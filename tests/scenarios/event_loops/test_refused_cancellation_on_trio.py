import anyio
import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(0.5)]


async def test_refuses_to_be_cancelled():
    with anyio.CancelScope(shield=True):
        await anyio.sleep_forever()
