"""Every record exactly once, for any number of records and any size of pages, batches and checkpoints."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clio_sandbox import Sandbox
from clio_source.arrow import decode
from clio_source.auth import ClioCredentials, TokenAuth
from clio_source.client import ClioClient
from clio_source.collection import Collection, Object, Scalar, load_collections
from clio_source.layout import REMOVED
from clio_source.place import SweepState
from clio_source.receipt import Receipt
from clio_source.repeats import Repeats
from clio_source.sweep import Sweep, Tables
from clio_source.throttle import Throttle

COLLECTIONS = load_collections()

# One of each kind: by number, by text, of two parts, replaced as a whole, by region, and below a parent with
# a cursor, without one, and by a parameter.
KINDS = (
    *("matters", "calendar_entries", "notes", "clio_payments_payments", "lauk_expense_categories"),
    *("contacts_phone_numbers", "matters_contacts", "conversation_messages"),
)

Keys = Counter[tuple[object, ...]]

quick = settings(max_examples=12)


@pytest.fixture(scope="module")
def clio() -> Iterator[Sandbox]:
    """A firm with few parents, as each costs a request."""
    with Sandbox("small") as sandbox:
        for parents, most in (("matters", 14), ("contacts", 8), ("conversations", 6)):
            sandbox.control.hide(parents, [*sandbox.firm.records[parents]][most:])
        yield sandbox


@pytest.fixture(scope="module")
def client(clio: Sandbox) -> ClioClient:
    auth = TokenAuth(ClioCredentials(access_token=clio.token), clio.url)
    return ClioClient(clio.url, auth, "4.0.13", Throttle(), pause_seconds=0.001)


def collection_of(name: str, page_size: int) -> Collection:
    return replace(COLLECTIONS[name], limit=min(page_size, COLLECTIONS[name].limit))


def sweep_of(
    client: ClioClient, collection: Collection, state: SweepState, pages: int | None = None
) -> Sweep:
    parent = COLLECTIONS.get(collection.read_per or "")
    parent = replace(parent, limit=min(max(collection.limit, 9), parent.limit)) if parent else None
    return Sweep(client, collection, parent, state, Receipt(collection.name), pages_at_most=pages)


def keys(collection: Collection, batches: list[Tables]) -> Keys:
    """Counts how often each record came, by its key."""
    found: Keys = Counter()
    for tables in batches:
        table = tables.get(collection.name)
        for row in table.to_pylist() if table else ():
            if not row.get(REMOVED):
                found[tuple(row[name] for name in collection.key)] += 1
    return found


def ids_of(clio: Sandbox, path: str) -> list[int]:
    return sorted(cast("int", row["id"]) for row in clio.truth(path, "id"))


def expected(clio: Sandbox, collection: Collection) -> Keys:
    """Returns each record once, as the sandbox keeps it."""
    found: Keys = Counter()
    for part in collection.parts:
        region = (part["region"],) if "region" in collection.constants else ()
        found.update((*region, row["id"]) for row in clio.truth(collection.path, "id", **part))
    if collection.read_per is None:
        return found
    parents = {row["id"] for row in clio.truth(COLLECTIONS[collection.read_per].path, "id")}
    records = clio.firm.records[collection.path]
    of_parent = (
        (r["_parent"] if "_parent" in r else r["conversation"].id, r["id"]) for r in records.values()
    )
    return Counter(key for key in of_parent if key[0] in parents)


@quick
@given(st.sampled_from(KINDS), st.integers(1, 30), st.sampled_from([1, 2, 3, 25]))
def test_a_sweep_reads_every_record_once(
    clio: Sandbox, client: ClioClient, name: str, page_size: int, batch_pages: int
) -> None:
    collection = collection_of(name, page_size)
    state: SweepState = {}
    with pytest.MonkeyPatch.context() as constants:
        constants.setattr("clio_source.place.BATCH_PAGES", batch_pages)
        batches = list(sweep_of(client, collection, state).batches())
    assert keys(collection, batches) == expected(clio, collection)
    assert "sweep" not in state


@quick
@given(st.sampled_from(KINDS), st.integers(1, 30), st.integers(1, 5))
@example("lauk_expense_categories", 1, 1)  # replaced as a whole: no checkpoint may cut it
def test_checkpoints_after_any_number_of_pages_lose_and_double_nothing(
    clio: Sandbox, client: ClioClient, name: str, page_size: int, pages: int
) -> None:
    collection = collection_of(name, page_size)
    state: SweepState = {}
    batches: list[Tables] = []
    for _ in count():
        sweep = sweep_of(client, collection, state, pages)
        batches += sweep.batches()
        state = json.loads(json.dumps(state))  # as dlt keeps it between two runs
        if "sweep" not in state:
            break
    assert keys(collection, batches) == expected(clio, collection)


@quick
@given(st.sampled_from(KINDS), st.integers(1, 9), st.lists(st.integers(0, 4), max_size=4))
def test_a_sweep_that_is_killed_goes_on_from_its_last_batch(
    clio: Sandbox, client: ClioClient, name: str, page_size: int, deaths: list[int]
) -> None:
    collection = collection_of(name, page_size)
    state: SweepState = {}
    stored: list[Tables] = []
    with pytest.MonkeyPatch.context() as constants:
        constants.setattr("clio_source.place.BATCH_PAGES", 2)
        for survived in (*deaths, None):
            batches, ended = run_until_killed(sweep_of(client, collection, state), survived)
            stored += batches
            state = json.loads(json.dumps(state))
            if ended:
                break
    assert keys(collection, stored) == expected(clio, collection)


def run_until_killed(sweep: Sweep, survived: int | None) -> tuple[list[Tables], bool]:
    """Returns the first batches and whether they are all; another dies with the run and leaves no trace."""
    stored: list[Tables] = []
    for tables in sweep.batches():
        if len(stored) == survived:
            return stored, False
        stored.append(tables)
    return stored, True


@quick
@given(st.integers(0, 22), st.integers(1, 9))
def test_any_number_of_records_is_read(
    clio: Sandbox, client: ClioClient, records: int, page_size: int
) -> None:
    collection = collection_of("tasks", page_size)
    ids = ids_of(clio, "tasks")
    clio.control.hide("tasks", ids[records:])
    try:
        clio.control.forget_requests()
        batches = list(sweep_of(client, collection, {}).batches())
        assert keys(collection, batches) == Counter((i,) for i in ids[:records])
        assert len(clio.control.requests("tasks")) == max(1, -(-records // page_size))
    finally:
        clio.control.unhide("tasks")


@settings(max_examples=10)
@given(st.integers(1, 5), st.integers(1, 2), st.data())
def test_a_page_that_clio_forgets_costs_no_record_and_doubles_none(
    clio: Sandbox, client: ClioClient, page_size: int, after: int, data: st.DataObject
) -> None:
    """The list is read anew; what changes meanwhile arrives with the next sweep at the latest."""
    collection = collection_of("matters", page_size)
    ids = ids_of(clio, "matters")
    changed = data.draw(st.sampled_from(ids))
    name = data.draw(st.uuids()).hex
    clio.control.pass_time(3600)
    state: SweepState = {}
    list(sweep_of(client, collection, state).batches())
    clio.control.pass_time(3600)
    full: SweepState = {}
    clio.control.after("matters", after, clio.control.expire_page_tokens)
    clio.control.after(
        "matters", after + 1, lambda: clio.control.edit("matters", changed, {"description": name})
    )
    batches = list(sweep_of(client, collection, full).batches())
    assert keys(collection, batches) == Counter((i,) for i in ids)
    clio.control.edit("matters", changed, {"description": name})  # where the sweep had no such page
    following = list(sweep_of(client, collection, full).batches())
    assert _descriptions(batches + following)[changed] == name
    assert keys(collection, list(sweep_of(client, collection, full).batches())) == Counter()
    assert _descriptions(list(sweep_of(client, collection, state).batches())) == {changed: name}


def _descriptions(batches: list[Tables]) -> Mapping[object, object]:
    rows = [row for tables in batches for row in tables["matters"].to_pylist()]
    return {row["id"]: row["description"] for row in rows}


def test_a_sweep_where_nothing_changed_hands_nothing_over_however_often(
    clio: Sandbox, client: ClioClient
) -> None:
    for name in KINDS:
        state: SweepState = {}
        collection = COLLECTIONS[name]
        clio.control.edit(collection.path, next(iter(clio.firm.records[collection.path])), {})
        assert list(sweep_of(client, collection, state).batches())
        if not collection.merged_by_parent:  # read anew for each parent, having nothing to ask changes by
            assert [list(sweep_of(client, collection, state).batches()) for _ in range(3)] == [[], [], []], (
                name
            )


THINGS = Collection(
    name="things",
    path="things",
    record="Thing",
    fields=Object({"id": Scalar("integer"), "name": Scalar("text"), "updated_at": Scalar("timestamp")}),
)
HORIZON = datetime(2026, 6, 30, 12, tzinfo=UTC)
EARLY, LATE = "2026-06-30T11:59:59Z", "2026-06-30T14:00:01+02:00"

Thing = tuple[int, str, str]


def page_of(things: list[Thing]) -> bytes:
    rows = [{"id": i, "name": name, "updated_at": updated_at} for i, name, updated_at in things]
    return json.dumps({"data": rows, "meta": {}}).encode()


def read(repeats: Repeats, batches: list[list[list[Thing]]]) -> list[tuple[int, str]]:
    tables = [
        decode(THINGS, [page_of(page) for page in pages], {}, repeats).tables["things"] for pages in batches
    ]
    return [(cast("int", row["id"]), str(row["name"])) for table in tables for row in table.to_pylist()]


@given(st.lists(st.lists(st.lists(st.integers(-5, 30), max_size=5), min_size=1, max_size=3), max_size=4))
def test_what_comes_twice_in_one_sweep_is_kept_as_it_came_first(batches: list[list[list[int]]]) -> None:
    turn = count()
    things = [[[(i, f"read {next(turn)}", LATE) for i in page] for page in pages] for pages in batches]
    first: dict[int, str] = {}
    for i, name, _ in (thing for pages in things for page in pages for thing in page):
        first.setdefault(i, name)
    assert sorted(read(Repeats({}, None), things)) == sorted(first.items())


MOMENTS = st.sampled_from([EARLY, LATE])
FIRM = st.dictionaries(st.integers(1, 9), st.tuples(st.sampled_from("abc"), MOMENTS), max_size=6)


@given(FIRM, FIRM, FIRM)
def test_the_overlap_brings_what_changed_and_nothing_else(
    first: dict[int, tuple[str, str]], second: dict[int, tuple[str, str]], third: dict[int, tuple[str, str]]
) -> None:
    """Three sweeps of one overlap: what one remembers, the next knows, whether it was loaded or left out."""
    remembered: dict[str, str] = {}
    known: dict[int, tuple[str, str]] = {}
    for firm in (first, second, third):
        repeats = Repeats(remembered, HORIZON)
        loaded = read(repeats, [[[(i, *firm[i])] for i in sorted(firm)]] if firm else [])
        assert sorted(loaded) == sorted((i, thing[0]) for i, thing in firm.items() if known.get(i) != thing)
        remembered = repeats.recent
        known = {i: thing for i, thing in firm.items() if thing[1] == LATE}
