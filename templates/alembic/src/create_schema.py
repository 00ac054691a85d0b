async def create_schema(database_url: str) -> None:
    """Run the migrations that an empty or older database does not have yet."""
    from .migrations import upgrade  # the application itself does not need Alembic

    engine = create_engine(database_url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()
