{% include "tests/guards/hangs_of_anyio.py" -%}
