{% include "http_client/httpx/app_client.py" -%}
