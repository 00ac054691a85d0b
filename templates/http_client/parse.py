

def _parse(body: bytes) -> User:
    try:
        fields = json.loads(body)
        return User(int(fields["id"]), str(fields["name"]), str(fields["email"]))
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedAnswerError(f"not a user: {body[:100]!r}") from error
