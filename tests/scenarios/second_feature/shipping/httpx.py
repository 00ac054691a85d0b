"""Prices of shipping, from another remote API."""

from .http_client import HttpClient


class ShippingApi:
    """The prices at `base_url`."""

    def __init__(self, client: HttpClient, base_url: str) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")

    async def price(self, item: str) -> int:
        """Return what shipping an item costs, in cents."""
        response = await self._client.get(f"{self._base_url}/prices/{item}")
        response.raise_for_status()
        return int(response.text)
