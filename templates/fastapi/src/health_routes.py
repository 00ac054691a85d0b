"""Whether the application runs, for those who watch over it."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """How the application is."""

    status: Literal["ok"] = "ok"


@router.get("/health")
async def health() -> Health:
    """Answer as long as the event loop does."""
    return Health()
