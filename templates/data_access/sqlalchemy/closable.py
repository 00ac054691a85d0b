{% include "data_access/driver/closable.py" -%}
