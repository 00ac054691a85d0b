async def create_schema(database_url: str) -> None:
    """Create the tables of all `…_store` modules in an empty database."""
    import_modules("store")
    engine = create_engine(database_url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
    finally:
        await engine.dispose()
