from importlib.resources import files

import tide_tables


def test_package_is_typed() -> None:
    marker = files(tide_tables) / "py.typed"

    assert marker.is_file()
