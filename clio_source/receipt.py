"""What one run did with one collection: the receipt that progress, summary and sync log are made of."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from .errors import ClioError, DeletionsRefusedError, ForbiddenError, StoppedError
from .replies import Page
from .surprise import Surprise

Outcome = Literal["waiting", "reading", "complete", "incomplete", "forbidden", "refused", "failed"]

_OUTCOMES: dict[type[ClioError], Outcome] = {
    ForbiddenError: "forbidden",
    StoppedError: "incomplete",
    DeletionsRefusedError: "refused",
}


@dataclass
class Receipt:
    """One collection in one run.

    Attributes:
        since, through: the sweep reads what changed after `since`; when complete, the next begins at
            `through`. ISO 8601 in UTC; None where all is read.
        resumed: it goes on with a sweep that an earlier run began, and then reads what changed meanwhile.
        rows_new, rows_changed: records loaded, by whether they were created since the last sweep.
        rows_gone, rows_restored: records that were found deleted, or there again (`deletions.py`).
        waited_seconds: waited for the rate limit.
        dropped: fields that Clio refused, left out of this run.
    """

    collection: str
    outcome: Outcome = "waiting"
    since: str | None = None
    through: str | None = None
    resumed: bool = False
    pages: int = 0
    rows_new: int = 0
    rows_changed: int = 0
    rows_gone: int = 0
    rows_restored: int = 0
    requests: int = 0
    retries: int = 0
    waited_seconds: float = 0.0
    seconds: float = 0.0
    error: ClioError | None = None
    dropped: list[str] = field(default_factory=list)
    surprises: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Records loaded."""
        return self.rows_new + self.rows_changed

    @property
    def why(self) -> str:
        """Why it is not complete, for a person; empty when it is."""
        return str(self.error) if self.error else ""

    def count(self, page: Page) -> None:
        """Counts a page that was read."""
        self.pages += 1
        self.requests += 1 + page.retries
        self.retries += page.retries
        self.waited_seconds += page.waited_seconds

    def note(self, surprises: tuple[Surprise, ...]) -> None:
        for surprise in surprises:
            self.surprises[surprise.table, surprise.column, surprise.kind] += surprise.rows

    def list_surprises(self) -> list[Surprise]:
        return [
            Surprise(table, column, kind, n) for (table, column, kind), n in sorted(self.surprises.items())
        ]

    def fail(self, error: ClioError) -> None:
        self.error = error
        self.outcome = _OUTCOMES.get(type(error), "failed")
