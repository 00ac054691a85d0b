{% include "http_client/httpx/api.py" -%}
