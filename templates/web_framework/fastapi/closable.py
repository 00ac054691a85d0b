{% if cookiecutter.http_client in ("aiohttp", "none") %}    httpx2.AsyncClient: lambda client: not client.is_closed,
{% endif %}