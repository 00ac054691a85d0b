{% include "tests/guards/internals.py" -%}
