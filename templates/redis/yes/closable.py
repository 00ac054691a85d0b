    redis.asyncio.client.PubSub: lambda pubsub: pubsub.connection is not None,
    redis.asyncio.ConnectionPool: lambda pool: any(
        connection.is_connected for connection in pool._available_connections
    ),
