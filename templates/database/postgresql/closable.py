    asyncpg.Connection: lambda connection: not connection.is_closed(),
    asyncpg.Pool: lambda pool: not pool.is_closing(),
