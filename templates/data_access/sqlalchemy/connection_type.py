from sqlalchemy.ext.asyncio import AsyncConnection as Connection
