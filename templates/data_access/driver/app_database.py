{% include "database/" ~ cookiecutter.database ~ "/app_database.py" -%}
