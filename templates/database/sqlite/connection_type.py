from aiosqlite import Connection
