class ApiUnavailableError(Exception):
    """The API cannot be reached, is too slow or has a fault: try again later."""


class MalformedAnswerError(Exception):
    """The API answered something that is not a user."""


