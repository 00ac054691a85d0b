"""A test function that does nothing: what pytest itself costs."""


def test_nothing() -> None:
    pass
