    aiohttp.ClientSession: lambda session: not session.closed,
