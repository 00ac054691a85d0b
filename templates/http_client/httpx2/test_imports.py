{% include "http_client/httpx/test_imports.py" -%}
