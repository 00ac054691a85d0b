BACKENDS = {"asyncio": "asyncio", "trio": "trio"}
