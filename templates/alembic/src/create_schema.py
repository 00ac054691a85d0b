async def create_schema(database_url: str) -> None:
    """Run the migrations that an empty database or an older one does not have yet."""
    from .migrations import upgrade  # Alembic: the application itself does without

    engine = create_engine(database_url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()
