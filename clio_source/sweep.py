"""Reading one collection from its first page to its last, so that nothing is lost.

Clio pages by id, so records change while we read. To store the largest ``updated_at`` that we saw would
lose updates: a record behind us may change before one ahead of us does. A sweep stores instead the moment
it began, by Clio's clock, less a small overlap, and only after its last page. The next sweep asks for what
was updated since. Records read twice are merged on their id, and those of the overlap that did not change
are left out.

The place that a sweep has reached stands in the state of its dlt resource and is stored with the rows::

    {"through": "2026-06-30T12:00:00Z",
     "sweep": {"since": …, "began": …, "part": 0, "next": "/api/v4/bills.json?…"}}
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from .arrow import Decoded, decode
from .client import ClioClient
from .collection import WHOLE_LIST, Collection
from .errors import ClioError, RequestRefusedError
from .fitting import leave_out
from .layout import REMOVED, Layout, tables_of
from .pages import Pages, as_text, may_break
from .place import EVER, Batch, Part, Place, SweepState
from .receipt import Receipt
from .repeats import Repeats
from .replies import unreadable

Tables = dict[str, pa.Table]

# Clio's clock counts whole seconds, and a change may become visible a little after its time stamp.
OVERLAP = timedelta(minutes=2)


class Sweep:
    """Reads one collection, on from where its state says.

    Args:
        parent: the collection whose records this one is read per, if it is.
        state: read, and updated in place: always after a batch was taken, never before.
        receipt: counts what happens.
        start_date: ISO 8601; a first sweep reads only what was updated since. None reads all.
        pages_at_most: pause after about so many pages, to be continued; None reads to the end.
        not_before: but do not pause before this moment of the monotonic clock.
        watch: called with the receipt after each page and at its end, to show progress.
        keep: given a table that lacks columns which Clio refused, returns it with what they hold now.
    """

    def __init__(
        self,
        client: ClioClient,
        collection: Collection,
        parent: Collection | None,
        state: SweepState,
        receipt: Receipt,
        *,
        start_date: str | None = None,
        pages_at_most: int | None = None,
        not_before: float = 0.0,
        watch: Callable[[Receipt], None] = lambda _: None,
        keep: Callable[[Layout, pa.Table], pa.Table] = lambda _, table: table,
    ) -> None:
        self._collection = collection
        self._state, self._receipt = state, receipt
        self._pages_at_most, self._not_before = pages_at_most, not_before
        self._pages = Pages(client, parent, receipt, watch, self._is_enough)
        self._start_date, self._keep = collection.start_date or start_date, keep
        self._declared = tables_of(collection)
        place = state.get("sweep")
        if place is None or place["dropped"] != receipt.dropped:
            # A field that an earlier run had to leave out may be back: all is asked for again.
            place = self._beginning(state.get("without"))
        elif receipt.outcome == "waiting":
            receipt.resumed = True
        self._place: Place = place
        for path in self._place["dropped"]:
            self._collection = self._collection.without(path)
        receipt.dropped = self._place["dropped"]
        self._restarted = False
        self._batch = Batch()
        self._repeats: tuple[Part, Repeats] | None = None

    def batches(self) -> Iterator[Tables]:
        """Yields the collection's tables in batches, each of all its tables.

        Raises:
            ClioError: the sweep could not go on. What was read before has been yielded.
        """
        while True:
            self._receipt.outcome = "reading"
            if self._receipt.through is None:
                self._receipt.since = self._place["since"]
            try:
                yield from self._read_whole() if self._collection.replaced else self._read_on()
                return
            except RequestRefusedError as refused:
                if not self._adapt(refused):
                    raise

    def _beginning(self, since: str | None = None) -> Place:
        """The place of a new sweep; `since` when some field was refused from then on."""
        changed_since = since or self._state.get("through") or self._start_date
        if self._collection.cursor is None or since == EVER:
            changed_since = self._start_date if self._collection.cursor else None
        return Place(since=changed_since, began=None, part=0, next=None, recent={}, dropped=[])

    def _adapt(self, refused: RequestRefusedError) -> bool:
        """Makes of a refused sweep one that Clio may take; False when there is nothing to change."""
        self._receipt.requests += 1
        began, part = self._place["began"], self._place["part"]
        path = self._collection.find_refused(refused.reason)
        if path:
            # Clio no longer has the field. What it keeps from us until it has, the next sweep asks again.
            self._receipt.error = _field_refused(self._collection.name, path)
            self._state.setdefault("without", self._state.get("through") or EVER)
            self._collection = self._collection.without(path)
            dropped = [*self._place["dropped"], path]
            self._place = self._beginning()
            self._receipt.dropped = self._place["dropped"] = dropped
        elif self._pages.follows and not self._restarted:
            # Clio has forgotten the page.
            self._restarted = True
            self._place["next"] = None
        else:
            return False
        # Only the list at hand starts over: of those before it this package has the records already.
        self._place["part"] = part
        # The sweep counts as begun when it first did: so the next one asks for what changed since.
        self._place["began"] = began
        return True

    def _read_on(self) -> Iterator[Tables]:
        """Merged collections: every batch can be loaded as it comes."""
        try:
            for part, page, last in self._pages.read(self._collection, self._place):
                self._batch.add(part, page)
                if last or (self._batch.is_full and may_break(self._collection, page)):
                    yield from self._hand_over()
                    if last and self._place["part"] != len(self._collection.parts):
                        return
        except ClioError:
            self._batch.leave_half_lists(self._collection)
            yield from self._hand_over()
            raise
        yield from self._hand_over()
        self._complete()

    def _read_whole(self) -> Iterator[Tables]:
        """Replaced collections: all or nothing is loaded, and nothing when all is as it was."""
        self._place = self._place | self._beginning() | {"dropped": self._place["dropped"]}
        self._batch, self._repeats = Batch(), None
        digest = hashlib.blake2b(digest_size=12)
        batches: list[Tables] = []
        for part, page, _ in self._pages.read(self._collection, self._place):
            digest.update(json.dumps(page.read_records(self._doing)).encode())
            self._batch.add(part, page)
            if self._batch.is_full:
                batches.append(self._decode_batch())
        batches.append(self._decode_batch())
        if digest.hexdigest() != self._state.get("digest"):
            tables = _stack([*batches, self._removed_before({WHOLE_LIST: self._collection.name})])
            self._count(tables)
            yield tables
            self._state["digest"] = digest.hexdigest()
        self._complete()

    def _is_enough(self, pages: int) -> bool:
        most = self._pages_at_most
        return most is not None and pages >= most and time.monotonic() >= self._not_before

    def _hand_over(self) -> Iterator[Tables]:
        if not self._batch.pages:
            return
        after = self._batch.after
        tables = self._decode_batch()
        self._count(tables)
        if tables:
            yield tables
        self._place["part"], self._place["next"] = after
        self._keep_recent()
        self._state["sweep"] = self._place

    def _decode_batch(self) -> Tables:
        decoded: list[Tables] = []
        groups, self._batch = self._batch.groups, Batch()
        for part, pages in groups:
            result = self._decode(part, [page.body for page in pages])
            self._receipt.note(result.surprises)
            decoded.append(leave_out(self._collection, self._with_dropped(result.tables)))
            if self._collection.merged_by_parent:
                decoded.append(self._removed_before(part.constants))
        return _stack(decoded)

    def _with_dropped(self, tables: Tables) -> Tables:
        if not self._place["dropped"]:
            return tables
        return {name: self._keep(self._declared[name], table) for name, table in tables.items()}

    def _decode(self, part: Part, bodies: list[bytes]) -> Decoded:
        try:
            return decode(self._collection, bodies, part.constants, self._repeats_of(part))
        except ValueError:
            raise unreadable(self._doing) from None

    @property
    def _doing(self) -> str:
        return f"{self._collection.name}, up to page {self._receipt.pages}"

    def _removed_before(self, constants: Mapping[str, str | int]) -> Tables:
        """Returns a marker in every table that makes the merge delete what a whole list held before."""
        marker = pa.table({name: [value] for name, value in constants.items()} | {REMOVED: [True]})
        return dict.fromkeys(tables_of(self._collection), marker)

    def _repeats_of(self, part: Part) -> Repeats:
        if self._repeats is None or self._repeats[0] != part:
            self._keep_recent()
            prefix = f"{part.key}/"
            before = self._state.get("recent", {})
            recent = {k.removeprefix(prefix): v for k, v in before.items() if k.startswith(prefix)}
            self._repeats = (part, Repeats(recent, self._horizon if self._collection.cursor else None))
        return self._repeats[1]

    def _keep_recent(self) -> None:
        if self._repeats:
            part, repeats = self._repeats
            recent = {f"{part.key}/{key}": digest for key, digest in repeats.recent.items()}
            self._place["recent"] |= recent

    def _count(self, tables: Tables) -> None:
        table = tables.get(self._collection.name)
        if table is None:
            return
        rows = table.num_rows
        if REMOVED in table.column_names:
            rows -= pc.sum(pc.is_valid(table[REMOVED])).as_py() or 0
        new = 0 if "digest" in self._state else rows
        if self._place["since"] and "created_at" in table.column_names:
            since = pa.scalar(datetime.fromisoformat(self._place["since"]), table["created_at"].type)
            new = pc.sum(pc.greater_equal(table["created_at"], since)).as_py() or 0
        self._receipt.rows_new += new
        self._receipt.rows_changed += rows - new

    def _complete(self) -> None:
        self._keep_recent()
        behind = self._is_behind()
        if self._collection.cursor:
            self._state["through"] = self._receipt.through = as_text(self._horizon)
            self._state["recent"] = self._place["recent"]
        self._state.pop("sweep", None)
        if behind:
            return  # its outcome is still "reading"
        if self._receipt.dropped:
            self._receipt.outcome = "incomplete"
        else:
            self._state.pop("without", None)
            self._receipt.outcome = "complete"

    def _is_behind(self) -> bool:
        """True after a sweep that an earlier run began: what changed since then is yet to be read.

        Not in one package with it, which must not hold a record twice; nor of lists below a parent, where
        asking for changes costs as many requests as the next run will make anyway.
        """
        first = self._receipt.resumed and self._receipt.through is None
        return first and self._pages_at_most is not None and self._collection.read_per is None

    @property
    def _horizon(self) -> datetime:
        """From when on the next sweep asks for changes."""
        began = self._place["began"]
        return datetime.fromisoformat(began) - OVERLAP if began else datetime.now(UTC) - OVERLAP


def _field_refused(collection: str, path: str) -> ClioError:
    return ClioError(
        collection,
        f"Clio answered 400 and named the field {path}.",
        "It no longer gives it. The column keeps what it held, and everything else is loaded.",
        "Hold the declarations against Clio's present specification: python -m clio_source.spec "
        "openapi.json. Once the field is given again, the next run fills what it missed.",
    )


def _stack(batches: list[Tables]) -> Tables:
    """Returns the tables that have rows."""
    names = dict.fromkeys(name for tables in batches for name in tables)
    found = {name: [tables[name] for tables in batches if name in tables] for name in names}
    stacked = {name: pa.concat_tables(tables, promote_options="default") for name, tables in found.items()}
    return {name: table for name, table in stacked.items() if table.num_rows}
