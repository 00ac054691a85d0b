{% include "database/" ~ cookiecutter.database ~ "/engine_fixtures.py" %}

@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def session(connection: AsyncConnection) -> AsyncIterator[AsyncSession]:
    """A session whose commits and rollbacks stay inside the transaction of the test."""
    session = AsyncSession(
        connection,
        expire_on_commit=False,
        join_transaction_mode="create_savepoint",
    )
    yield session
    with suppress(SQLAlchemyError):  # its savepoint may be gone
        await session.close()


@pytest_asyncio.fixture(scope="function", loop_scope="{{ cookiecutter.fixture_loop_scope }}")
async def database(fresh_database: str) -> AsyncIterator[AsyncEngine]:
    """An engine with its pool of connections, on `fresh_database`."""
    engine = create_engine(fresh_database)
    yield engine
    await engine.dispose()


@pytest.fixture
def run_sql(connection: AsyncConnection) -> Callable[[str], Awaitable[object]]:
    """Run any statement on the connection of the store."""
    return connection.exec_driver_sql


@pytest.fixture
def store(session: AsyncSession) -> UserStore:
    """An empty store."""
    return UserStore(session)
