@contextmanager
def open_server() -> Iterator[Server]:
    """Your server (TEST_DATABASE_URL), or one that lives as long as the run."""
    prefix = f"test_{{ cookiecutter.package_name }}_{uuid4().hex[:8]}"
    with ExitStack() as stack:
        own = os.environ.get("TEST_DATABASE_URL")
        server = Server(own or stack.enter_context(start_server()), prefix)
        try:
            asyncio.run(server.prepare())
        except (OSError, ValueError, DatabaseError) as error:
            need = f"needed is {NEEDED}, whose user may create databases"
            pytest.exit(f"TEST_DATABASE_URL: {error}; {need}", returncode=NO_SERVER)
        try:
            asyncio.run(create_schema(server.url_of(server.template)))
            yield server
        finally:
            asyncio.run(server.drop_all())


def pytest_sessionstart(session: pytest.Session) -> None:
    """Find out before the first test if your server cannot be used."""
    is_worker = hasattr(session.config, "workerinput")
    if os.environ.get("TEST_DATABASE_URL") and not is_worker:
        server_of(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Start one server for all the workers of pytest-xdist."""
    node.workerinput["server"] = tuple(server_of(node.config))


def server_of(config: pytest.Config) -> Server:
    """Return the server of this run, which is opened when it is first asked for."""
    if SERVER not in config.stash:
        stack = ExitStack()
        shared = getattr(config, "workerinput", {}).get("server")
        opened = Server(*shared) if shared else stack.enter_context(open_server())
        config.stash[SERVER] = opened
        config.add_cleanup(stack.close)
    return config.stash[SERVER]


@pytest.fixture(scope="session")
def database_url(pytestconfig: pytest.Config) -> str:
    """This worker's own database, with the schema and no rows."""
    server = server_of(pytestconfig)
    name = f"{server.prefix}_{worker_of(pytestconfig)}"
    asyncio.run(server.clone(name))
    return server.url_of(name)


@pytest.fixture(scope="session")
def empty_database(
    pytestconfig: pytest.Config, database_url: str
) -> Callable[[], Awaitable[None]]:
    """Make this worker's database anew, with the schema and no rows."""
    return partial(server_of(pytestconfig).clone, urlsplit(database_url).path[1:])


@pytest.fixture
def fresh_database(pytestconfig: pytest.Config) -> Iterator[str]:
    """A database for this test alone: it may commit, connect twice, change the schema."""
    server = server_of(pytestconfig)
    name = f"{server.prefix}_{worker_of(pytestconfig)}_{next(NUMBERS)}"
    asyncio.run(server.clone(name))
    yield server.url_of(name)
    asyncio.run(server.drop(name))
