def arguments_of(database_url: str) -> dict[str, Any]:
    """Return what `asyncmy.connect` and `asyncmy.create_pool` take."""
    parts = urlsplit(database_url)
    return {
        "host": parts.hostname or "localhost",
        "port": parts.port or 3306,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "db": parts.path.removeprefix("/"),
        "charset": "utf8mb4",
        "autocommit": True,
        **dict(parse_qsl(parts.query)),
    }
