{% include "tests/guards/leaks.py" -%}
