"""What came of one firm's run: counts and names of collections, never content."""

from collections.abc import Iterable
from dataclasses import dataclass

from clio_source.errors import ClioError
from clio_source.receipt import Receipt


@dataclass(frozen=True)
class Part:
    """One collection of the run.

    Attributes:
        why: why it is not complete; empty when it is.
        drift: values that did not fit, and fields that Clio refused.
    """

    collection: str
    outcome: str
    why: str
    rows_new: int
    rows_changed: int
    requests: int
    drift: int


@dataclass(frozen=True)
class Result:
    """One firm's run.

    Attributes:
        error: what ended it before its end, or empty; `kind` is that error's name.
        failed_with: the exit code of that error; 0 without one.
    """

    account: str
    seconds: float
    parts: tuple[Part, ...] = ()
    error: str = ""
    kind: str = ""
    failed_with: int = 0

    @property
    def code(self) -> int:
        """The exit code that it means."""
        outcomes = {part.outcome for part in self.parts} - {"complete"}
        return self.failed_with or (0 if not outcomes else 3 if outcomes == {"forbidden"} else 1)

    @property
    def outcome(self) -> str:
        """One word for it."""
        return {0: "complete", 3: "forbidden"}.get(self.code, "failed" if self.error else "incomplete")


def result_of(account: str, seconds: float, receipts: Iterable[Receipt]) -> Result:
    """Returns the result of a run that came to its end."""
    return Result(account, seconds, tuple(map(_part, receipts)))


def failed(account: str, seconds: float, error: ClioError, code: int) -> Result:
    """Returns the result of a run that did not."""
    return Result(account, seconds, error=str(error), kind=type(error).__name__, failed_with=code)


def worst(codes: Iterable[int]) -> int:
    """Returns the exit code of several runs."""
    found = set(codes)
    return 1 if found & {1, 2} else max(found, default=0)


def _part(receipt: Receipt) -> Part:
    return Part(
        receipt.collection,
        receipt.outcome,
        receipt.why,
        receipt.rows_new,
        receipt.rows_changed,
        receipt.requests,
        len(receipt.surprises) + len(receipt.dropped),
    )
