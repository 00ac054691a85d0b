from importlib.resources import files

import my_async_project


def test_package_is_typed() -> None:
    marker = files(my_async_project) / "py.typed"

    assert marker.is_file()
