"""The seam between the invented firm and whoever serves it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from . import advance, derived, life
from .archive import ZONE, Archive
from .books import totals
from .forms import Id, Record
from .sizes import SCALES, Scale, Size


class Firm:
    """An invented law firm whose money adds up.

    The same size and seed give the same records in every process. ``records`` holds every collection under
    its path, as complete records by id.
    """

    def __init__(self, archive: Archive, scale: Scale) -> None:
        self._archive = archive
        self._scale = scale

    @classmethod
    def create(cls, size: Size, seed: int = 1, now: datetime | None = None) -> "Firm":
        """Returns a firm that has lived until `now`, by default a fixed date."""
        scale = SCALES[size]
        now = (now or scale.now).astimezone(ZONE).replace(microsecond=0)
        archive = Archive(seed, opened=now - timedelta(days=scale.days), until=now)
        with _collector_resting():
            life.found(archive, scale)
            life.live(archive, scale, archive.at, now)
            life.complete(archive)
            derived.refresh(archive)
        return cls(archive, scale)

    @property
    def records(self) -> dict[str, dict[Id, Record]]:
        return self._archive.records

    @property
    def now(self) -> datetime:
        """The firm's clock."""
        return self._archive.until

    @now.setter
    def now(self, moment: datetime) -> None:
        self._archive.until = moment

    @property
    def whoami_id(self) -> int:
        """The id of the user to whom tokens belong: the account's owner."""
        return next(
            id for id, user in self.records["users"].items() if user["account_owner"] and isinstance(id, int)
        )

    def advance(self, days: int) -> dict[str, dict[str, int]]:
        """Lets the firm live on; returns what was inserted, updated and deleted in each collection."""
        archive = self._archive
        since = self.now
        archive.start_counting()
        life.live(archive, self._scale, since, since + timedelta(days=days))
        advance.stir(archive, since)
        derived.refresh(archive)
        return archive.counted()

    def ledger(self) -> dict[str, object]:
        """Returns the totals of the firm's own books, as decimal strings."""
        return totals(self._archive.journal, self.now.date())

    def edit(self, collection: str, id: Id, changes: Record) -> Record:
        """Changes fields of a record; it gets a new etag and the clock's time."""
        self._archive.at = self.now
        record = self._archive.change(collection, id, **changes)
        derived.refresh(self._archive)
        return record

    def delete(self, collection: str, id: Id) -> None:
        self._archive.remove(collection, id)
        derived.refresh(self._archive)

    def insert(self, collection: str, record: Record) -> Id:
        """Files a record, completed with empty fields; returns its id."""
        self._archive.at = self.now
        added: Id = self._archive.add(collection, **record)["id"]
        derived.refresh(self._archive)
        return added


@contextmanager
def _collector_resting() -> Iterator[None]:
    """Spares Python's cycle collector from looking through millions of records that stay."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
