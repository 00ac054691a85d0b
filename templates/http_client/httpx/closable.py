    {{ cookiecutter.http_client }}.AsyncClient: lambda client: not client.is_closed,
