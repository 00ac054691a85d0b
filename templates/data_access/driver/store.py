{% include "database/" ~ cookiecutter.database ~ "/store.py" -%}
