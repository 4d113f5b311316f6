"""The firm's filing room: all records, the moment that is being recorded, ids, etags and the journal."""

import functools
import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .forms import Id, Record, Ref, blank, catalog, collections
from .ledger import Journal

ZONE = ZoneInfo("America/New_York")
OPENING, CLOSING = time(8, 30), time(16, 59)

_ETAG_STRIDE = (
    0x9E3779B97F4A7C15F39CC0605CEDC835  # odd, so that consecutive numbers give scattered, unique tags
)
_ETAG_RANGE = (1 << 128) - 1


class Archive:
    """Holds the records and lets the other files write them, so that every change leaves its traces."""

    def __init__(self, seed: int, opened: datetime, until: datetime) -> None:
        self.records: dict[str, dict[Id, Record]] = {path: {} for path in collections()}
        self.random = random.Random(seed)
        self.journal = Journal()
        self.agenda: dict[date, list[Callable[[], None]]] = {}
        self.counters: dict[str, int] = {}
        self.at = self.opened = opened
        self.until = until
        self._forms = collections()
        self._etags = 0
        self._changes: dict[tuple[str, Id], str] | None = None

    def add(self, collection: str, **values: object) -> Record:
        """Files a new record: complete, with an id of its collection, an etag and the present moment."""
        record = self.part(self._forms[collection], **values)
        self.records[collection][record["id"]] = record
        self._note(collection, record["id"], "inserted")
        return record

    def part(self, form: str, **values: object) -> Record:
        """Returns a complete record that lives inside another one."""
        record = blank(form)
        if "id" in record and "id" not in values:
            record["id"] = self.next_id(form)
        if "etag" in record:
            record["etag"] = self.next_etag()
        if "updated_at" in record:
            record["updated_at"] = self.at
        if "created_at" in record:
            record["created_at"] = self.at
        record.update(values)
        return record

    def change(self, collection: str, id: Id, **values: object) -> Record:
        """Changes a record and stamps it with the present moment and a new etag."""
        record = self.records[collection][id]
        record.update(values)
        if "updated_at" in record:
            record["updated_at"] = self.at
        if "etag" in record:
            record["etag"] = self.next_etag()
        self._note(collection, id, "updated")
        return record

    def remove(self, collection: str, id: Id) -> None:
        """Removes a record without a trace, as Clio does."""
        del self.records[collection][id]
        self._note(collection, id, "deleted")

    def get(self, ref: Ref) -> Record:
        return self.records[ref.collection][ref.id]

    def all(self, collection: str) -> list[Record]:
        return list(self.records[collection].values())

    def one(self, collection: str) -> Ref:
        """Returns a reference to any record of a collection."""
        return Ref(collection, self.random.choice(list(self.records[collection])))

    def open_day(self, day: date) -> None:
        """Moves the present moment to the morning of a day."""
        self.at = min(datetime.combine(day, OPENING, ZONE), self.until)

    def pass_time(self) -> None:
        """Lets up to some minutes pass, often none: several records share a moment."""
        closing = datetime.combine(self.at.date(), CLOSING, ZONE)
        later = self.at + timedelta(seconds=max(self.random.randrange(-120, 400), 0))
        self.at = min(later, closing, self.until)

    def plan(self, days: int, action: Callable[[], None]) -> None:
        """Puts an action on the agenda, so many days from the present moment."""
        self.agenda.setdefault(self.at.date() + timedelta(days=max(days, 1)), []).append(action)

    def count(self, name: str) -> int:
        """Returns 0, 1, 2, ... for each name: the firm's turn-taking."""
        self.counters[name] = self.counters.get(name, -1) + 1
        return self.counters[name]

    def next_id(self, form: str) -> int:
        return _first_ids()[form] + self.count("id " + form)

    def next_etag(self) -> str:
        self._etags += 1
        return f'"{self._etags * _ETAG_STRIDE & _ETAG_RANGE:032x}"'

    def start_counting(self) -> None:
        self._changes = {}

    def counted(self) -> dict[str, dict[str, int]]:
        """Returns how many records of each collection were inserted, updated and deleted since the start."""
        counts: dict[str, dict[str, int]] = {}
        for (collection, _), what in sorted((self._changes or {}).items(), key=lambda change: change[0][0]):
            counts.setdefault(collection, {"inserted": 0, "updated": 0, "deleted": 0})[what] += 1
        self._changes = None
        return counts

    def _note(self, collection: str, id: Id, what: str) -> None:
        if self._changes is None:
            return
        before = self._changes.get((collection, id))
        if before == "inserted" and what == "deleted":
            del self._changes[collection, id]
        elif before != "inserted":
            self._changes[collection, id] = what


@functools.cache
def _first_ids() -> dict[str, int]:
    """Ids of different records never meet, and all exceed 2**31 as Clio's do."""
    return {form: 2_150_000_000 + 41_000_003 * n for n, form in enumerate(sorted(catalog()["records"]))}
