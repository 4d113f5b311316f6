"""Pages: by key behind an opaque token, or by offset up to 10,000 records.

A page token says "ids greater than this one", so rows that are created, changed or deleted between two
pages show or do not show as in any live scan by key. It is signed and belongs to the request's other
parameters: Clio promises nothing for one that was altered or moved.
"""

import base64
import hashlib
import hmac
import json
import secrets
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from clio_sandbox.errors import ApiError

RecordId = int | str
SortKey = tuple[int, str]

MOST_BY_OFFSET = 10_000  # Clio, paging page: beyond it 422


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page token points: which side of which id, and the number of that page."""

    direction: Literal["after", "before"]
    key: SortKey
    page: int


@dataclass(frozen=True, slots=True)
class Slice:
    """The ids of one page, and whether there are more on either side."""

    ids: list[RecordId]
    has_next: bool
    has_previous: bool


class PageTokens:
    """Signs and reads page tokens. A restart makes the old ones worthless, as it may at Clio."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self.lifetime_seconds: float | None = None
        self._elapsed = elapsed
        self._secret = secrets.token_bytes(16)

    def expire(self) -> None:
        """Makes every token given so far worthless."""
        self._secret = secrets.token_bytes(16)

    def write(self, place: Place, query: str) -> str:
        """Returns the token for a place in the pages of a query."""
        number, text = place.key
        body = json.dumps([place.direction, number, text, place.page, self._elapsed()]).encode()
        return base64.urlsafe_b64encode(self._signature(body, query) + body).decode().rstrip("=")

    def read(self, token: str, query: str) -> Place:
        """Returns the place; refuses a token that is altered, too old, or another query's."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise _bad_token() from None
        signature, body = raw[:16], raw[16:]
        if not hmac.compare_digest(signature, self._signature(body, query)):
            raise _bad_token()
        direction, number, text, page, issued = json.loads(body)
        if self.lifetime_seconds is not None and self._elapsed() - issued > self.lifetime_seconds:
            raise _bad_token()
        return Place(direction, (number, text), page)

    def _signature(self, body: bytes, query: str) -> bytes:
        return hmac.new(self._secret, body + b"\0" + query.encode(), hashlib.sha256).digest()[:16]


class IdIndex:
    """The ids of one collection in Clio's order: by number, and string ids by the digits in them."""

    def __init__(self, ids: Sequence[RecordId]) -> None:
        only_numbers = all(isinstance(i, int) for i in ids)
        self.ids: list[RecordId] = sorted(ids, key=None if only_numbers else sort_key)

    def page(self, place: Place | None, limit: int, wanted: Callable[[RecordId], bool] | None) -> Slice:
        """Returns the page at a place; ``wanted`` says which ids the query's filters let through."""
        if place and place.direction == "before":
            end = bisect_left(self.ids, place.key, key=sort_key)
            before = [i for i in reversed(self.ids[:end]) if wanted is None or wanted(i)]
            backwards = before[: limit + 1]
            return Slice(backwards[:limit][::-1], True, len(backwards) > limit)
        start = bisect_right(self.ids, place.key, key=sort_key) if place else 0
        if wanted is None:
            found = self.ids[start : start + limit + 1]
        else:
            found = list(islice(filter(wanted, islice(self.ids, start, None)), limit + 1))
        return Slice(found[:limit], len(found) > limit, place is not None)


def page_by_offset(ids: Sequence[RecordId], offset: int, limit: int) -> Slice:
    """Returns a page by its offset; refuses what reaches beyond 10,000 records."""
    if offset + limit > MOST_BY_OFFSET:
        raise ApiError(422, "ArgumentError", f"offset plus limit must not be more than {MOST_BY_OFFSET}")
    return Slice(list(ids[offset : offset + limit]), offset + limit < len(ids), offset > 0)


def sort_key(record_id: RecordId) -> SortKey:
    """Returns what ids are ordered by: ``12`` before ``text_line-13`` before ``130``."""
    if isinstance(record_id, int):
        return record_id, ""
    return int("".join(c for c in record_id if c.isdecimal()) or "0"), record_id


def _bad_token() -> ApiError:
    return ApiError(422, "ArgumentError", "page_token is invalid or has expired")
