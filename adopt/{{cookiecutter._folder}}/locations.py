{% include "tests/guards/locations.py" -%}
