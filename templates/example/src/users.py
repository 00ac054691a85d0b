"""Users, wherever they come from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """A user, identified by its id."""

    id: int
    name: str
    email: str


class UserNotFoundError(LookupError):
    """No user has this id."""
