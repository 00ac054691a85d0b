{% include "event_loop/guard.py" -%}
