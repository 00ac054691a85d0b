{% include "tests/guards/sharing.py" -%}
