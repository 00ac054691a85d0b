from importlib.resources import files

import {{ cookiecutter.package_name }}


def test_package_is_typed() -> None:
    marker = files({{ cookiecutter.package_name }}) / "py.typed"

    assert marker.is_file()
