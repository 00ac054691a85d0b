{% include "tests/guards/loop_scopes.py" -%}
