{% include "tests/guards/ownership.py" -%}
