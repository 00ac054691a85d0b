{% include "database/" ~ cookiecutter.database ~ "/closable.py" -%}
