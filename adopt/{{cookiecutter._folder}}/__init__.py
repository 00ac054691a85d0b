{% include "tests/guards/__init__.py" -%}
