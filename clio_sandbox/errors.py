"""The refusals of Clio's API, each with the status and the shape Clio gives it.

::

    {"error": {"type": "ArgumentError", "message": "flavour is not a valid field"}}
"""

from collections.abc import Mapping


class ApiError(Exception):
    """A request that Clio would not serve: status, type and message of the answer."""

    def __init__(
        self, status: int, kind: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.headers = dict(headers or {})

    def payload(self) -> dict[str, object]:
        """Returns the body of the answer."""
        return {"error": {"type": self.kind, "message": self.message}}


def bad_argument(message: str) -> ApiError:
    """Returns a 400: a parameter, a value or a field that Clio does not know."""
    return ApiError(400, "ArgumentError", message)


def not_found() -> ApiError:
    """Returns a 404 for a record or path that does not exist (or that the user may not see)."""
    return ApiError(404, "RecordNotFound", "Record not found")


def unauthorized() -> ApiError:
    """Returns a 401; Clio says the same for a missing, expired, revoked or foreign token."""
    return ApiError(401, "UnauthorizedError", "User is unauthorized")


def forbidden() -> ApiError:
    """Returns the 403 for an area the token may not read (Clio's own words)."""
    return ApiError(403, "ForbiddenError", "User is forbidden from taking that action")


def gone() -> ApiError:
    """Returns the 410 for an API version that is unknown or retired."""
    return ApiError(410, "GoneError", "The requested API version is invalid or no longer supported")


def not_imitated(what: str) -> ApiError:
    """Returns a 501: Clio knows this, the sandbox does not. It refuses rather than ignores."""
    return ApiError(501, "NotImplementedError", f"{what} is known to Clio but not imitated by this sandbox")
