"""The backends on which the tests of AnyIO run."""

from typing import Any

import pytest

{% include "event_loop/" ~ cookiecutter.event_loop ~ "/backends.py" %}

@pytest.fixture(scope="session", params=list(BACKENDS.values()), ids=list(BACKENDS))
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """One backend after the other; an async fixture that uses it runs on it, too."""
    return request.param
