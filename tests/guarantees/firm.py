"""A firm of a few dozen records, read by declarations of a few fields: a round of a proof takes seconds.

What a round does is drawn from its number, so that a round that fails can be run again.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from random import Random

import dlt

from clio_sandbox import Exchange, Sandbox
from clio_sandbox.firm import Id, Ref
from clio_source import ClioSource
from clio_source.auth import ClioCredentials, TokenAuth
from clio_source.client import ClioClient
from clio_source.collection import Collection, List, Object, load_collections
from clio_source.layout import tables_of
from clio_source.resources import Reader
from clio_source.throttle import Throttle

from ..conftest import Row, Tables, truth
from ..source.reference import differences, expected_columns, expected_rows
from .small_pages import API_VERSION

# By number with nested lists of objects and of scalars, by two types, by text, and read whole.
SHOWN: Mapping[str, tuple[str, ...]] = {
    "matters": ("description", "custom_field_values"),
    "bills": ("state", "balance", "balances", "available_state_transitions"),
    "activities": ("note", "total"),
    "notes": ("type", "detail"),
    "calendar_entries": ("description", "attendees"),
    "outstanding_client_balances": (
        "total_outstanding_balance",
        "outstanding_bills",
        "associated_matter_ids",
    ),
}
READ_WHOLE = ("outstanding_client_balances",)  # it follows the bills
CHANGING = tuple(name for name in SHOWN if name not in READ_WHOLE)

_SHOWN_ALWAYS = ("id", "created_at", "updated_at", "etag")
_SHOWN_NESTED = ("id", "name", "value", "amount", "number")

Key = tuple[str, Id]


def declare(shown: Mapping[str, tuple[str, ...]], limits: Mapping[str, int]) -> dict[str, Collection]:
    """Returns declarations of some fields only, with small pages."""
    declared = load_collections()
    return {
        name: replace(declared[name], fields=_some(declared[name].fields, names), limit=limits[name])
        for name, names in shown.items()
    }


def read_with(
    url: str, token: str, collections: Mapping[str, Collection], start_date: str | None = None
) -> ClioSource:
    """Returns a source of these collections, whatever the declarations of the source say."""
    auth = TokenAuth(ClioCredentials(access_token=token), url)
    reader = Reader(ClioClient(url, auth, API_VERSION, Throttle()), collections, start_date)
    return ClioSource.from_data(dlt.Schema("clio"), "clio", reader)


def doubled(tables: Tables, collections: Mapping[str, Collection]) -> list[str]:
    """Returns the tables in which a record or a nested row stands twice."""
    layouts = [layout for collection in collections.values() for layout in tables_of(collection).values()]
    keys = {
        layout.name: [tuple(row[n] for n in layout.key) for row in tables[layout.name]] for layout in layouts
    }
    return [table for table, found in keys.items() if len(found) != len(set(found))]


def wrong(tables: Tables, collection: Collection, records: list[Row]) -> list[str]:
    """Returns in what a collection's tables differ from what its records make."""
    columns = expected_columns(collection)
    return [
        f"{table}: {difference}"
        for table, rows in expected_rows(collection, records).items()
        for difference in differences(tables[table], rows, columns[table])
    ]


@dataclass(frozen=True)
class Version:
    """A record as it was from a change on; None: it was not there."""

    change: int
    row: Row | None


class ChangingFirm:
    """Replaces a sandbox's records by a few, changes them while they are read, and remembers all versions."""

    def __init__(
        self,
        clio: Sandbox,
        collections: Mapping[str, Collection],
        seed: object,
        records: tuple[int, int] = (0, 15),
    ) -> None:
        self._clio, self._collections, self._seed = clio, collections, seed
        self._versions: dict[Key, list[Version]] = {}
        self._changes = 0
        self._syncs: list[tuple[int, int]] = []
        self.changing_collections = [name for name in CHANGING if name in collections]
        draw = Random(f"{seed} founded")
        with clio.lock:
            for name in CHANGING:
                clio.firm.records[name].clear()
            for name in self.changing_collections:
                for _ in range(draw.randint(*records)):
                    self.insert(draw, name)
                self._remember(name)
        clio.control.pass_time(600)

    def change(self, draw: Random, name: str | None = None) -> None:
        """Makes one change to a collection, anywhere in it: to what was read and to what will be."""
        name = name or draw.choice(self.changing_collections)
        with self._clio.lock:
            ids = list(self._clio.firm.records[name])
            what = draw.choices(("edit", "insert", "delete"), (6, 3, 2))[0]
            if what == "insert" or not ids:
                self.insert(draw, name)
            elif what == "edit":
                self._clio.control.edit(name, draw.choice(ids), _VALUES[name](draw))
            else:
                self._clio.control.delete(name, draw.choice(ids))
            self._remember(name)

    def insert(self, draw: Random, name: str) -> None:
        """Files a new record, its id anywhere between those that are there."""
        kind = 1_000_000 * (30_000 + CHANGING.index(name))
        number = kind + draw.randrange(1_000_000)
        record_id: Id = str(number) if name == "calendar_entries" else number
        if record_id in self._clio.firm.records[name]:
            return
        needed = self._needed(name, draw)
        self._clio.control.insert(name, {"id": record_id, **needed, **_VALUES[name](draw)})

    @contextmanager
    def changing(self, turn: int) -> Iterator[None]:
        """Changes records between the pages of whoever reads meanwhile, and lets minutes pass."""
        began = self._changes

        def meddle(request: Exchange) -> None:
            draw = Random(f"{self._seed} {turn} {request.collection} {request.nth}")
            if draw.random() < 0.3:
                self._clio.control.pass_time(draw.randint(1, 200))
            mostly_here = request.collection in self.changing_collections and draw.random() < 0.8
            for _ in range(draw.choice((0, 1, 1, 2))):
                self.change(draw, request.collection if mostly_here else None)

        stop = self._clio.control.on_request(meddle)
        try:
            yield
        finally:
            stop()
            self._syncs.append((began, self._changes))

    def kept(self, name: str, loaded: list[Row]) -> list[Row]:
        """Returns the versions of deleted records that the loaded rows are; fails where that cannot be right.

        A record that was there all through a complete run has to be in the table, as it was then or later.
        """
        etags = {row["id"]: row["etag"] for row in loaded}
        found: list[Row] = []
        for (collection, record_id), versions in self._versions.items():
            if collection != name or versions[-1].row is not None:
                continue
            allowed, present = self._allowed(versions)
            assert record_id in etags or not present, f"{name} {record_id} was deleted and has no row"
            if record_id in etags:
                row = allowed.get(etags[record_id])
                assert row, f"{name} {record_id} was deleted and its row is older than it should be"
                found.append(row)
        return found

    def _allowed(self, versions: list[Version]) -> tuple[dict[str, Row], bool]:
        """Returns by etag the versions a deleted record's row may have, and whether there must be one."""
        for began, ended in reversed(self._syncs):
            then = [v for v in versions if v.change <= began][-1:] + [
                v for v in versions if began < v.change <= ended
            ]
            if then and then[0].change <= began and all(v.row for v in then):
                later = [v for v in versions if v.change >= then[0].change]
                return {v.row["etag"]: v.row for v in later if v.row}, True
        return {v.row["etag"]: v.row for v in versions if v.row}, False

    def _needed(self, name: str, draw: Random) -> Row:
        """What the firm's own books need to know of a record."""
        records = self._clio.firm.records
        client = Ref("contacts", next(iter(records["contacts"])))
        currency = Ref("currencies", next(iter(records["currencies"])))
        match name:
            case "matters":
                return {"client": client, "currency": currency, "display_number": "1"}
            case "bills":
                money = {"pending": Decimal(0), "due_at": date(2026, 7, 1), "kind": "revenue_kind"}
                return {"client": client, "currency": currency, "number": "1", **money}
            case "activities":
                return {"non_billable": True}
            case "notes":
                return {"type": draw.choice(("Matter", "Contact"))}
        return {}

    def _remember(self, name: str) -> None:
        """Notes the versions that the last change made."""
        self._changes += 1
        rows = {row["id"]: row for row in truth(self._clio, self._collections[name])}
        known = {record_id for collection, record_id in self._versions if collection == name}
        for record_id in rows.keys() | known:
            versions = self._versions.setdefault((name, record_id), [])
            if not versions or versions[-1].row != rows.get(record_id):
                versions.append(Version(self._changes, rows.get(record_id)))


def _some(fields: Object, names: tuple[str, ...]) -> Object:
    """Returns some fields of a record, and of its nested records a few."""
    chosen = {name: field for name, field in fields if name in (*_SHOWN_ALWAYS, *names)}
    for name, field in chosen.items():
        if isinstance(field, List) and isinstance(field.item, Object):
            chosen[name] = List(Object({n: f for n, f in field.item if n in _SHOWN_NESTED}))
    return Object(chosen)


def _word(draw: Random) -> str:
    return f"{draw.getrandbits(40):x}"


def _few(draw: Random) -> range:
    return range(draw.choice((0, 0, 1, 2, 5)))


def _money(draw: Random) -> Decimal:
    return Decimal(draw.randrange(1_000_000)) / 100


_VALUES: Mapping[str, Callable[[Random], Row]] = {
    "matters": lambda draw: {
        "description": _word(draw),
        "custom_field_values": [
            {"id": draw.choice((f"text_line-{draw.getrandbits(32)}", None)), "value": _word(draw)}
            for _ in _few(draw)
        ],
    },
    "bills": lambda draw: {
        "state": draw.choice(("draft", "awaiting_payment", "paid")),
        "balance": _money(draw),
        "balances": [{"id": draw.getrandbits(40), "amount": _money(draw)} for _ in _few(draw)],
        "available_state_transitions": [_word(draw) for _ in _few(draw)],
        "matters": [],
    },
    "activities": lambda draw: {"note": _word(draw), "total": _money(draw)},
    "notes": lambda draw: {"detail": _word(draw)},
    "calendar_entries": lambda draw: {
        "description": _word(draw),
        "attendees": [{"id": draw.getrandbits(40), "name": _word(draw)} for _ in _few(draw)],
    },
}
