from tests.guards.uvloop import Loop

BACKENDS = {"uvloop": ("asyncio", {"loop_factory": Loop}), "trio": "trio"}
