"""The smallest async test: the floor on which every other one stands."""

import pytest


class TestEmpty:  # a class, because one of the event loop scopes is called so
    @pytest.mark.asyncio
    async def test_nothing(self) -> None:
        pass
