{% include "http_client/httpx/test_in_process.py" -%}
