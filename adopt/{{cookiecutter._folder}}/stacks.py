{% include "tests/guards/stacks.py" -%}
