Loop = asyncio.AbstractEventLoop


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def loop() -> Loop:
    return asyncio.get_running_loop()
