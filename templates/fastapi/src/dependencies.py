{% set session = cookiecutter.__session -%}
{% set Given = "AsyncSession" if session == "session" else "Connection" -%}
"""What routes depend on: a {{ session }} of the database."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection
{% if session == "session" -%}
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Database
{% else %}
from .database import Connection, Database
{% endif %}

async def get_{{ session }}(request: HTTPConnection) -> AsyncIterator[{{ Given }}]:
    """Give a request a {{ session }} in a transaction, which ends before the response."""
    database: Database = request.app.state.database
    async with database.begin() as {{ session }}:
        yield {{ session }}


{{ session | capitalize }}Dep = Annotated[{{ Given }}, Depends(get_{{ session }}, scope="function")]
