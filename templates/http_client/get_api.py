

async def get_api(request: Request) -> UserApi:
    """Give a request the API through the client that all share."""
    api: UserApi = request.app.state.api
    return api


Api = Annotated[UserApi, Depends(get_api)]
