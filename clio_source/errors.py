"""Every way in which reading Clio goes wrong.

::

    ClioError
    ├── ConfigurationError      what the user gave cannot be used
    ├── AuthenticationError     401: the token is wrong, expired, revoked, or of another region
    ├── ForbiddenError          403: the token may not read this collection
    ├── FirewallError           a page of HTML where JSON was due
    ├── RequestRefusedError     400, 404, 422: Clio refuses what we asked
    ├── VersionGoneError        410: Clio no longer speaks the API version
    ├── UnavailableError        Clio did not answer rightly in spite of repeats
    ├── PagingError             a next link that would lose rows or leak the token
    ├── DeletionsRefusedError   so much is missing that it is hardly deleted
    ├── StoppedError            we were asked to stop, and did at the next page
    ├── BusyError               another process loads the same dataset
    └── WarehouseError          the destination cannot be asked what it holds

A message has four parts: what we were doing, what came, what it means, what to do. It never holds a
token, a query, a reply's body or a client's data.
"""


class ClioError(Exception):
    """Something that kept us from reading Clio.

    Attributes:
        doing: what we were doing, such as "bills, page 7".
        came: what came instead.
        means: what that means.
        remedy: what to do.
    """

    def __init__(self, doing: str, came: str, means: str, remedy: str) -> None:
        super().__init__(doing, came, means, remedy)
        self.doing, self.came, self.means, self.remedy = doing, came, means, remedy

    def __str__(self) -> str:
        return f"{self.doing}: {self.came} {self.means} {self.remedy}"


class ConfigurationError(ClioError):
    """What the user gave cannot be used."""


class AuthenticationError(ClioError):
    """401: the token is wrong, expired, revoked, or of another region."""


class ForbiddenError(ClioError):
    """403: the token may not read this collection."""


class FirewallError(ClioError):
    """A page of HTML where JSON was due: something between us and Clio answered."""


class RequestRefusedError(ClioError):
    """400, 404 or 422: Clio refuses what we asked.

    Attributes:
        status: the HTTP status.
        reason: Clio's error message, which names parameters and fields, never data; for the program only.
    """

    def __init__(self, doing: str, came: str, means: str, remedy: str, *, status: int, reason: str) -> None:
        super().__init__(doing, came, means, remedy)
        self.status, self.reason = status, reason


class VersionGoneError(ClioError):
    """410: Clio no longer speaks the API version that we ask for."""


class UnavailableError(ClioError):
    """Clio did not answer, or not rightly, in spite of repeats."""


class PagingError(ClioError):
    """A next link that would lose rows or leak the token if we followed it."""


class StoppedError(ClioError):
    """We were asked to stop, and did at the next page."""

    def __init__(self, doing: str) -> None:
        super().__init__(
            doing,
            "we were asked to stop.",
            "It is not read to its end.",
            "What is loaded stays; the next run goes on from there.",
        )


class BusyError(ClioError):
    """Another process loads the same dataset."""


class WarehouseError(ClioError):
    """The destination cannot be asked what it holds."""


class DeletionsRefusedError(ClioError):
    """So much is missing from Clio's list that it is hardly deleted: nothing was recorded."""
