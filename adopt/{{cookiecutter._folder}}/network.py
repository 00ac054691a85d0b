{% include "tests/guards/network.py" -%}
