"""One budget of requests per token, shared by every collection and thread.

Clio counts requests per token in windows of 60 seconds and says in each reply how many a window allows
(``X-RateLimit-Limit``), how many are left (``-Remaining``) and when it ends (``-Reset``, Unix seconds).
We spend at once what is left, then wait for the window's end: the whole budget, and no 429 of our making.

Replies overtake each other, other programs may use the same token, and our clock may be minutes off. So a
window is known by its ``Reset``, its end is reckoned from the reply's own ``Date``, and a count of what is
left is corrected by the requests that Clio may not have counted yet when it wrote it.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from requests.structures import CaseInsensitiveDict

_WINDOW_SECONDS = 60.0  # Clio: requests are counted per minute


@dataclass(frozen=True)
class Budget:
    """What the current window allows: requests per window, those left, and seconds until it ends."""

    limit: int
    left: int
    seconds: float


@dataclass
class Ticket:
    """One request under way: how many were sent before it, how many were under way, how long it waited."""

    sent_before: int
    under_way: int
    waited_seconds: float


class Throttle:
    """Gives out requests as Clio's headers allow.

    Args:
        share: the part of every window that we may use, above 0 and at most 1; the rest is left to the
            firm's other programs.
    """

    def __init__(self, share: float = 1.0) -> None:
        self._share = share
        self._changed = threading.Condition()
        self._sent = 0
        self._under_way = 0
        self._limit: int | None = None  # unknown until the first reply
        self._unlimited = False
        self._left = 1  # requests that may still be sent in this window
        self._sent_in_window = 0
        self._reset = 0.0  # the window's name: its end by Clio's clock
        self._ends_at = float("inf")  # its end by our monotonic clock
        self._not_before = 0.0
        self.waited_seconds = 0.0
        self.stopping = threading.Event()

    def stop(self) -> None:
        """Lets no further request go, and wakes whoever waits for one."""
        self.stopping.set()
        with self._changed:
            self._changed.notify_all()

    @property
    def budget(self) -> Budget | None:
        """The current window, or None while Clio has not told of one."""
        with self._changed:
            if self._limit is None:
                return None
            self._start_window_if_over()
            return Budget(self._limit, max(0, self._left), max(0.0, self._ends_at - time.monotonic()))

    @contextmanager
    def request(self) -> Iterator[Ticket]:
        """Waits until a request may be sent; it is under way while the context is open.

        Raises:
            InterruptedError: after `stop`.
        """
        began = time.monotonic()
        with self._changed:
            while (pause := self._pause_seconds()) > 0 and not self.stopping.is_set():
                self._changed.wait(pause)
            if self.stopping.is_set():
                raise InterruptedError
            waited = time.monotonic() - began
            self.waited_seconds += waited
            ticket = Ticket(self._sent, self._under_way, waited)
            self._sent += 1
            self._sent_in_window += 1
            self._under_way += 1
            self._left -= 1
        try:
            yield ticket
        finally:
            with self._changed:
                self._under_way -= 1
                if self._limit is None and not self._unlimited:
                    self._left = 1  # nothing learnt from it: the next request asks again
                self._changed.notify_all()

    def observe(self, ticket: Ticket, headers: Mapping[str, str]) -> None:
        """Takes note of what the headers of a request's reply tell of the window."""
        told = CaseInsensitiveDict(headers)
        try:
            limit, left = int(told["X-RateLimit-Limit"]), int(told["X-RateLimit-Remaining"])
            reset = float(told["X-RateLimit-Reset"])
        except (KeyError, ValueError):
            self._observe_no_limit()
            return
        with self._changed:
            if reset < self._reset:
                return  # a window that is over
            if reset > self._reset:
                self._reset, self._ends_at, self._left = reset, float("inf"), 0
                self._sent_in_window = self._under_way
            # Clio wrote its Date at or before this moment, so this is at or after the true end.
            seconds = min(max(0.0, reset - _clio_time(told)), _WINDOW_SECONDS)
            self._ends_at = min(self._ends_at, time.monotonic() + seconds)
            maybe_not_counted = self._sent - ticket.sent_before - 1 + ticket.under_way
            self._left = min(left, max(self._left, left - maybe_not_counted))
            if self._share < 1:
                self._left = min(self._left, max(1, int(limit * self._share)) - self._sent_in_window)
            self._limit, self._unlimited = limit, False
            self._changed.notify_all()

    def hold(self, seconds: float) -> None:
        """Sends nothing for some seconds, as Clio's ``Retry-After`` asks."""
        with self._changed:
            self._not_before = max(self._not_before, time.monotonic() + seconds)
            self._changed.notify_all()

    def _observe_no_limit(self) -> None:
        """A server that names no limit has none."""
        with self._changed:
            self._unlimited = self._limit is None
            self._changed.notify_all()

    def _pause_seconds(self) -> float:
        now = time.monotonic()
        if now < self._not_before:
            return self._not_before - now
        self._start_window_if_over()
        if self._left > 0 or self._unlimited:
            return 0.0
        return min(self._ends_at - now, _WINDOW_SECONDS)

    def _start_window_if_over(self) -> None:
        if self._limit is not None and time.monotonic() >= self._ends_at:
            self._left = max(1, int(self._limit * self._share)) - self._under_way
            self._sent_in_window = self._under_way
            self._ends_at = time.monotonic() + _WINDOW_SECONDS  # at most; a reply will tell


def _clio_time(headers: Mapping[str, str]) -> float:
    """Clio's clock as the reply tells it, in Unix seconds; ours where it does not."""
    try:
        return parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return time.time()
