"""What a user is, wherever it comes from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """A user, known by its id."""

    id: int
    name: str
    email: str


class UserNotFoundError(LookupError):
    """No user has this id."""
