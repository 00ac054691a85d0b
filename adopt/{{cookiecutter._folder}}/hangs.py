{% include "tests/guards/hangs.py" -%}
