"""Requests per token and window, as Clio counts them: a fixed window, 60 seconds long.

Clio, rate limits page: 50 a minute at peak, ``X-RateLimit-*`` on every answer, ``Retry-After`` on a 429.
"""

import math
from collections.abc import Callable

from clio_sandbox.errors import ApiError

UNLIMITED = 1_000_000_000


class RateLimit:
    """Counts requests in windows that begin at whole multiples of their length."""

    def __init__(self, limit: int | None, window_seconds: int, unix: Callable[[], float]) -> None:
        self.limit = limit
        """Requests a window; None: no limit. May change at any time, in mid-window too."""
        self.window_seconds = window_seconds
        self._unix = unix
        self._used: dict[str, tuple[int, int]] = {}

    def count(self, token: str) -> None:
        """Counts a request of a token; refuses it with 429 when the window is used up."""
        window, used = self._window(), self._used_by(token)
        if used >= self._most():
            wait = max(1, math.ceil(self._end() - self._unix()))
            raise ApiError(
                429,
                "TooManyRequestsError",
                f"Rate limit exceeded. Retry in {wait} seconds.",
                {"Retry-After": str(wait)},
            )
        self._used[token] = (window, used + 1)

    def headers(self, token: str) -> dict[str, str]:
        """Returns the headers that tell a token what it has left."""
        return {
            "X-RateLimit-Limit": str(self._most()),
            "X-RateLimit-Remaining": str(max(0, self._most() - self._used_by(token))),
            "X-RateLimit-Reset": str(self._end()),
        }

    def _most(self) -> int:
        return UNLIMITED if self.limit is None else self.limit

    def _used_by(self, token: str) -> int:
        window, used = self._used.get(token, (0, 0))
        return used if window == self._window() else 0

    def _window(self) -> int:
        return int(self._unix() // self.window_seconds)

    def _end(self) -> int:
        return (self._window() + 1) * self.window_seconds
