"""Where a sweep stands: what its dlt resource keeps between runs, and the pages not yet handed over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from .collection import Collection
from .replies import Page


class Place(TypedDict):
    """How far a sweep has come: the list it reads, and the address of the next page of that list.

    ``part`` counts the lists of a collection; for one that is read per parent it is the parent's id.
    ``recent`` are digests of records that the next sweep's overlap will ask for again, ``dropped`` fields
    that Clio refused.
    """

    since: str | None
    began: str | None
    part: int
    next: str | None
    recent: dict[str, str]
    dropped: list[str]


# dlt's cost is per item, so one page at a time takes twice as long; pages of long texts fill memory sooner.
BATCH_PAGES = 40
BATCH_BYTES = 32 * 2**20

EVER = "ever"  # in `without`: the field was refused from the very first sweep on


class SweepState(TypedDict, total=False):
    """What a collection keeps between runs.

    ``recent`` are digests of records that this sweep's overlap asks for again, ``digest`` is that of a
    whole list without a cursor, ``tables`` that of the tables' columns. ``without`` is the watermark from
    which on a field was refused. ``statement`` is the REPLICATE statement by which the table was loaded.
    """

    through: str
    sweep: Place
    recent: dict[str, str]
    digest: str
    tables: str
    without: str
    statement: str


@dataclass(frozen=True)
class Part:
    """One list to read: most collections have one, notes two, those below a parent one per parent."""

    key: int
    path: str
    parameters: Mapping[str, str]
    constants: Mapping[str, str | int]


@dataclass
class Batch:
    """Pages that are read but not yet handed over, by list."""

    groups: list[tuple[Part, list[Page]]] = field(default_factory=list)

    @property
    def pages(self) -> int:
        return sum(len(pages) for _, pages in self.groups)

    @property
    def is_full(self) -> bool:
        size = sum(len(page.body) for _, pages in self.groups for page in pages)
        return self.pages >= BATCH_PAGES or size >= BATCH_BYTES

    @property
    def after(self) -> tuple[int, str | None]:
        """The place after the last page: the list, and the address of its next page."""
        part, pages = self.groups[-1]
        return (part.key, pages[-1].next) if pages[-1].next else (part.key + 1, None)

    def add(self, part: Part, page: Page) -> None:
        if not self.groups or self.groups[-1][0] != part:
            self.groups.append((part, []))
        self.groups[-1][1].append(page)

    def leave_half_lists(self, collection: Collection) -> None:
        """Drops a parent's list that was not read to its end: it would replace the whole one."""
        if collection.merged_by_parent and self.groups and self.groups[-1][1][-1].next:
            self.groups.pop()
