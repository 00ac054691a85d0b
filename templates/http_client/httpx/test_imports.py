import {{ cookiecutter.http_client }}
