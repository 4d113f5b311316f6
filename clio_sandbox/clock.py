"""The sandbox's one clock: the firm's own, carried on by real seconds.

``updated_at`` of an edit and the ``Date`` header of an answer come from the same whole-second clock, so
that no record is ever stamped later than an answer given after it.
"""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Protocol


class KeepsTime(Protocol):
    """The firm, as far as the clock is concerned."""

    now: datetime


class Clock:
    """Moves a firm's ``now`` with real time; can be moved by hand, so that tests need not wait."""

    def __init__(self, firm: KeepsTime) -> None:
        self.firm = firm
        self.header_skew_seconds = 0
        """Added to the ``Date`` header and the rate limit's reset time, never to a record."""
        self._moved = 0.0
        self._begun = self._mark = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the start, the ones moved by hand included (not the firm's own days)."""
        return time.monotonic() - self._begun + self._moved

    def tick(self) -> datetime:
        """Brings the firm's ``now`` up to date and returns it."""
        seconds = int(time.monotonic() - self._mark)
        if seconds:
            self._mark += seconds
            self.firm.now += timedelta(seconds=seconds)
        return self.firm.now

    def move(self, seconds: float) -> datetime:
        """Lets time pass for all: records, tokens, rate windows."""
        self._moved += seconds
        self.firm.now += timedelta(seconds=int(seconds))
        return self.tick()

    def unix(self) -> float:
        """Returns the time as seconds since 1970, with the fraction that ``now`` does not carry."""
        now = self.tick().timestamp()
        return now + (time.monotonic() - self._mark) + self.header_skew_seconds

    def http_date(self) -> str:
        """Returns the ``Date`` header of an answer given now."""
        return http_date(self.tick() + timedelta(seconds=self.header_skew_seconds))


def http_date(moment: datetime) -> str:
    """Returns a moment the way HTTP headers write it."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
