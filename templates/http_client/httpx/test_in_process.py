

{{ cookiecutter.__async_test }}async def test_fetch_without_a_socket(
    in_process_api: UserApi, answers: dict[str, {{ cookiecutter.http_client }}.Response]
) -> None:
    answers["/users/1"] = {{ cookiecutter.http_client }}.Response(200, json=ADA_AS_JSON)

    assert await in_process_api.fetch(1) == ADA
    with pytest.raises(UserNotFoundError):
        await in_process_api.fetch(2)


{{ cookiecutter.__async_test }}@pytest.mark.parametrize("run", ["first", "second"])
async def test_answers_of_another_test_are_gone(
    in_process_api: UserApi, answers: dict[str, {{ cookiecutter.http_client }}.Response], run: str
) -> None:
    with pytest.raises(UserNotFoundError):
        await in_process_api.fetch(1)

    answers["/users/1"] = {{ cookiecutter.http_client }}.Response(200, json=ADA_AS_JSON)
