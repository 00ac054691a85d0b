from {{ cookiecutter.package_name }}.store import Connection
