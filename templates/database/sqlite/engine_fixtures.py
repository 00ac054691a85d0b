{% include "database/engine_fixtures.py" -%}
