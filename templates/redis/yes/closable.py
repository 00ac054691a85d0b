    redis.asyncio.ConnectionPool: lambda pool: any(
        connection.is_connected for connection in pool._available_connections
    ),
