    aiosqlite.Connection: lambda connection: connection._connection is not None,
