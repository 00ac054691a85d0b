from tests.guards.uvloop import Loop

BACKENDS = {
    "asyncio": "asyncio",
    "uvloop": ("asyncio", {"loop_factory": Loop}),
    "trio": "trio",
}
