{% include "tests/guards/findings.py" -%}
