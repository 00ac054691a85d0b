{% include "database/" ~ cookiecutter.database ~ "/connection_type.py" -%}
