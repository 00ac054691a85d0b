{% include "database/" ~ cookiecutter.database ~ "/fixtures.py" -%}
