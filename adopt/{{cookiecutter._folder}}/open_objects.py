{% include "tests/guards/open_objects.py" -%}
