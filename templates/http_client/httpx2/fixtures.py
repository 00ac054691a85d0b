{% include "http_client/httpx/fixtures.py" -%}
