from importlib.resources import files

import order_service


def test_package_is_typed() -> None:
    marker = files(order_service) / "py.typed"

    assert marker.is_file()
