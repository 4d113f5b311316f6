"""How large the invented firms are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .archive import ZONE

Size = Literal["small", "demo", "large"]


@dataclass(frozen=True)
class Scale:
    """What decides a firm's size; `entries` is the most that one person writes down on a day."""

    days: int
    timekeepers: int
    matters: int
    entries: int
    opened_at_start: float
    now: datetime = datetime(2026, 6, 30, 17, tzinfo=ZONE)

    @property
    def clients(self) -> int:
        return max(self.matters * 2 // 3, 1)


SCALES: dict[Size, Scale] = {
    "small": Scale(days=215, timekeepers=7, matters=40, entries=3, opened_at_start=0.6),
    "demo": Scale(days=1095, timekeepers=13, matters=240, entries=3, opened_at_start=0.25),
    "large": Scale(days=1275, timekeepers=56, matters=2400, entries=11, opened_at_start=0.25),
}
