"""Finds what Clio no longer has, and records it; the tables keep the rows as they last were.

Clio lists no deletions. What a collection still has is read as a list of ids (``fields=id``, 200 to a
request) and held against the table, a stretch of rising ids at a time. A record that was created
meanwhile is in neither, or in both; one that another run's `start_date` left out is in no table.

Loss of a permission looks exactly like deletion. So nothing is recorded for a collection that misses more
than a tenth of its rows, or when the token belongs to another user than last time.

States that Clio does show (a bill that is void, a voided payment, a trashed document) are recorded too,
by the declaration's key ``gone``. The table ``clio_deletions`` is a log: the last row of a record counts::

    collection  id   text_id  reason    first_missed_at
    activities  612           missing   2026-06-30 12:00   not in Clio's list any more
    activities  612           restored  2026-07-07 12:00   there again
    bills       88            void      2026-07-07 12:00
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any, TypedDict, cast

import dlt
import pyarrow as pa

from .collection import Collection
from .errors import ClioError, DeletionsRefusedError, PagingError, RequestRefusedError, StoppedError
from .fields import Scalar
from .place import BATCH_PAGES
from .replies import Page, unreadable
from .resources import Reader
from .warehouse import Key, Warehouse

DELETIONS = "clio_deletions"

# More than so many rows, and more than this share of the table: refused.
GUARD_ROWS = 20
GUARD_SHARE = 0.10

_MISSING, _RESTORED = "missing", "restored"
DELETIONS_SCHEMA = pa.schema(
    [
        ("collection", pa.string()),
        ("id", pa.int64()),
        ("text_id", pa.string()),
        ("reason", pa.string()),
        ("first_missed_at", pa.timestamp("us", "UTC")),
    ]
)


class IdPlace(TypedDict):
    """How far the id sweep of one collection has come, and what it found so far."""

    collection: str
    began: str
    part: int
    next: str | None
    low: Key | None
    missing: list[Key]
    restored: list[Key]


class DeletionState(TypedDict, total=False):
    """Kept until all collections are swept: those that are done, and the place in the one that is not."""

    done: list[str]
    place: IdPlace


def can_lose_rows(collection: Collection) -> bool:
    """True where a deletion in Clio leaves a row in the table: lists read whole lose it by themselves."""
    return collection.cursor is not None and collection.read_per is None


def count_requests(warehouse: Warehouse, collections: Iterable[Collection]) -> int:
    """Returns how many requests an id sweep costs, by the rows that the tables have now."""
    return sum(
        warehouse.count(collection.name) // collection.limit + len(collection.parts)
        for collection in collections
        if can_lose_rows(collection)
    )


class DeletionSweep:
    """Reads the ids of collections and yields what is gone, as rows of the log.

    Args:
        names: collections to sweep; those that were not read to their end in this run are passed over.
        same_user: False when the token's user is not that of the last run.
        guard_share: refuse to record more than this part of a table.
        pages_at_most: pause after about so many pages, to be continued.
    """

    def __init__(
        self,
        reader: Reader,
        names: Iterable[str],
        *,
        same_user: bool,
        guard_share: float = GUARD_SHARE,
        pages_at_most: int = 250,
    ) -> None:
        self._reader, self._pages_at_most = reader, pages_at_most
        self._same_user, self._guard_share = same_user, guard_share
        complete = [name for name in names if reader.receipts[name].outcome == "complete"]
        self._collections = [c for c in map(reader.collections.__getitem__, complete) if can_lose_rows(c)]
        self.finished = False

    def resource(self) -> Any:
        """Returns the sweep as a dlt resource that appends to the log."""

        def read() -> Iterator[pa.Table]:
            yield DELETIONS_SCHEMA.empty_table()
            state = cast("DeletionState", dlt.current.resource_state(DELETIONS))
            yield from self._read(state, Warehouse(dlt.current.pipeline(), prefix))

        prefix = self._reader.prefix
        return dlt.resource(read, name=DELETIONS, table_name=prefix + DELETIONS, write_disposition="append")

    def _read(self, state: DeletionState, warehouse: Warehouse) -> Iterator[pa.Table]:
        done = state.setdefault("done", [])
        pages = 0
        for collection in self._collections:
            if collection.name in done:
                continue
            if pages >= self._pages_at_most:
                return
            sweep = _IdSweep(self._reader, collection, state, warehouse)
            try:
                pages += sweep.read(self._pages_at_most - pages)
                if not sweep.finished:
                    return
                events = sweep.events(same_user=self._same_user, guard_share=self._guard_share)
                if events:
                    yield pa.Table.from_pylist(events, schema=DELETIONS_SCHEMA)
            except StoppedError as stopped:
                self._reader.receipts[collection.name].fail(stopped)
                return
            except ClioError as error:
                self._reader.receipts[collection.name].fail(error)
            state.pop("place", None)
            done.append(collection.name)
        state.pop("done")
        self.finished = True


class _IdSweep:
    """The id sweep of one collection: which rows of its table Clio does not list any more."""

    def __init__(
        self, reader: Reader, collection: Collection, state: DeletionState, warehouse: Warehouse
    ) -> None:
        self._client, self._receipt = reader.client, reader.receipts[collection.name]
        self._collection, self._state, self._warehouse = collection, state, warehouse
        self._text = _has_text_id(collection)
        self._id = "text_id" if self._text else "id"
        self._logged = self._read_log()
        self._follows = False  # the page asked for last is one that Clio's next link named
        self.finished = False

    def read(self, pages_at_most: int) -> int:
        """Reads on from the state's place; returns how many pages it read."""
        try:
            return self._read_on(pages_at_most)
        except RequestRefusedError:
            if not self._follows:
                raise
            self._state.pop("place")  # Clio has forgotten the page: from the beginning
            return self._read_on(pages_at_most)

    def _read_on(self, pages_at_most: int) -> int:
        pages, ids, place = 0, list[Key](), self._place()
        for part, page in self._pages(place):
            pages += 1
            ids += self._ids_of(page)
            # Ids that are text have no order: they are compared all at once.
            if page.next and (self._text or len(ids) < self._collection.limit * BATCH_PAGES):
                continue
            self._compare(part, ids, last=page.next is None)
            place["part"], place["next"] = (part, page.next) if page.next else (part + 1, None)
            ids = []
            if pages >= pages_at_most and place["part"] < len(self._collection.parts):
                return pages
        self.finished = True
        return pages

    def _place(self) -> IdPlace:
        """Returns the place of this collection's sweep: a run that died may have left that of another."""
        name, place = self._collection.name, self._state.get("place")
        if place is None or place.get("collection") != name:
            place = IdPlace(collection=name, began="", part=0, next=None, low=None, missing=[], restored=[])
            self._state["place"] = place
        return place

    def events(self, *, same_user: bool, guard_share: float) -> list[dict[str, Any]]:
        """Returns the rows to append to the log.

        Raises:
            DeletionsRefusedError: too much is missing, or the token sees with other eyes than last time.
        """
        place = self._state["place"]
        events = [self._event(key, reason) for key, reason in self._by_state()]
        events += [self._event(key, _RESTORED) for key in place["restored"]]
        self._receipt.rows_restored += len(place["restored"])
        if place["missing"]:
            self._guard(len(place["missing"]), same_user, guard_share)
        self._receipt.rows_gone += len(place["missing"])
        return events + [self._event(key, _MISSING) for key in place["missing"]]

    def _guard(self, missing: int, same_user: bool, share: float) -> None:
        gone = sum(reason == _MISSING for reason in self._logged.values())
        rows = self._warehouse.count(self._collection.name) - gone
        if same_user and missing <= max(GUARD_ROWS, share * rows):
            return
        why = "A lost permission looks exactly like this." if same_user else "The token's user is another."
        raise DeletionsRefusedError(
            f"{self._collection.name}, deletions",
            f"{missing:,} of {rows:,} rows are not in Clio's list any more.",
            f"{why} None of them was recorded as deleted.",
            "See that the token's user may still read all. If they are gone indeed, run once more with "
            "sources.clio.deletion_guard above that share.",
        )

    def _compare(self, part: int, ids: list[Key], *, last: bool) -> None:
        """Holds a stretch of ids against the same stretch of the table."""
        place = self._state["place"]
        low, high = place["low"], None if last else ids[-1]
        if not self._text:
            self._check_rising(low, ids)
        conditions = {"id > %s": low, "id <= %s": high} if not self._text else {}
        conditions |= {f"{name} = %s": value for name, value in self._collection.parts[part].items()}
        asked = {text: value for text, value in conditions.items() if value is not None}
        found = self._warehouse.read(self._collection.name, ["id"], " AND ".join(asked), *asked.values())
        known = {key for key, reason in self._logged.items() if reason != _RESTORED} | set(ids)
        place["missing"] += [key for (key,) in cast("list[tuple[Key]]", found) if key not in known]
        place["restored"] += [key for key in ids if self._logged.get(key) == _MISSING]
        place["low"] = None if last else high

    def _check_rising(self, low: Key | None, ids: list[Key]) -> None:
        rising = cast("list[int]", [*([] if low is None else [low]), *ids])
        if any(former >= latter for former, latter in pairwise(rising)):
            raise PagingError(
                f"{self._collection.name}, ids",
                "they do not rise from page to page.",
                "Which of them are missing cannot be told.",
                "Please report this collection.",
            )

    def _ids_of(self, page: Page) -> list[Key]:
        doing = f"{self._collection.name}, ids"
        records = cast("list[dict[str, Any]]", page.read_records(doing))
        try:
            return [record["id"] if self._text else int(record["id"]) for record in records]
        except (KeyError, TypeError, ValueError):
            raise unreadable(doing) from None

    def _pages(self, place: IdPlace) -> Iterator[tuple[int, Page]]:
        collection = self._collection
        for part in range(place["part"], len(collection.parts)):
            parameters = {"fields": "id", "limit": str(collection.limit)}
            parameters |= {"order": collection.order} if collection.order else {}
            first = parameters | dict(collection.parameters) | dict(collection.parts[part])
            address, follows = place["next"], place["next"] is not None
            address = address or self._client.list_address(collection.path, first)
            while address:
                self._follows, follows = follows, True
                page = self._client.read_page(address, f"{collection.name}, ids")
                place["began"] = place["began"] or page.date.isoformat()
                self._receipt.count(page)
                yield part, page
                address = page.next or ""

    def _by_state(self) -> Iterator[tuple[Key, str]]:
        """Yields what Clio shows as gone and the log does not have, or the other way round."""
        gone: dict[Key, str] = {}
        for column, told in self._collection.gone.items():
            if isinstance(told, str):
                rows = self._warehouse.read(self._collection.name, ["id", column], f"{column} IS NOT NULL")
                gone |= {cast("Key", key): told for key, value in rows if value is not False}
            else:
                marks = ", ".join(["%s"] * len(told))
                where = f"{column} IN ({marks})"
                rows = self._warehouse.read(self._collection.name, ["id", column], where, *told)
                gone |= {cast("Key", key): str(value) for key, value in rows}
        for key, reason in gone.items():
            if self._logged.get(key) not in (reason, _MISSING):
                self._receipt.rows_gone += 1
                yield key, reason
        for key, reason in self._logged.items():
            if reason not in (_MISSING, _RESTORED) and key not in gone:
                self._receipt.rows_restored += 1
                yield key, _RESTORED

    def _read_log(self) -> dict[Key, str]:
        """Returns the last reason that the log has for each record."""
        columns = ["first_missed_at", self._id, "reason"]
        rows = self._warehouse.read(DELETIONS, columns, "collection = %s", self._collection.name)
        in_order = sorted(rows, key=lambda row: cast("datetime", row[0]))
        return {cast("Key", key): str(reason) for _, key, reason in in_order}

    def _event(self, key: Key, reason: str) -> dict[str, Any]:
        began = datetime.fromisoformat(self._state["place"]["began"])
        return {
            "collection": self._collection.name,
            self._id: key,
            "reason": reason,
            "first_missed_at": began,
        }


def _has_text_id(collection: Collection) -> bool:
    declared = collection.fields.fields["id"]
    return isinstance(declared, Scalar) and declared.type == "text"
