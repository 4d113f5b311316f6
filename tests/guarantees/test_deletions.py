"""What Clio no longer has is logged once, and its rows stay; what only looks deleted is not logged at all."""

import os
import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from clio_sandbox import Exchange, Sandbox
from clio_sandbox.firm import Id
from clio_source import sync
from clio_source.collection import Collection, load_collections
from clio_source.receipt import Receipt

from ..conftest import Row, Warehouse
from .firm import SHOWN, ChangingFirm, declare, read_with
from .process import PATIENCE_SECONDS, start
from .small_pages import rounds

# How many of each are deleted: never more than twenty, or than a tenth, which would be refused.
DELETED = {
    "activities": 152,
    "line_items": 166,
    "bank_transactions": 23,
    "bills": 21,
    "allocations": 18,
    "interest_charges": 20,
    "relationships": 20,
    "tasks": 20,
    "matters": 20,
    "calendar_entries": 20,  # text ids
    "notes": 20,  # of two types
}
STATES: Mapping[str, tuple[str, Row]] = {
    "bills": ("void", {"state": "void"}),
    "allocations": ("voided", {"voided_at": datetime(2026, 6, 1, tzinfo=UTC)}),
    "documents": ("trashed", {"deleted_at": datetime(2026, 6, 1, tzinfo=UTC)}),
    "custom_fields": ("deleted", {"deleted": True}),
}
LIMITS = {"matters": 5, "notes": 4, "calendar_entries": 100}

Event = tuple[str, Id, str]


def collections_of(*names: str, limit: int = 200) -> dict[str, Collection]:
    """Returns declarations of little more than ids and what shows that a record is gone."""
    declared = load_collections()
    return declare({name: ("type", *declared[name].gone) for name in names}, dict.fromkeys(names, limit))


def load(
    clio: Sandbox, warehouse: Warehouse, collections: Mapping[str, Collection], **options: Any
) -> dict[str, Receipt]:
    """Runs to the end, deletions included."""
    source = read_with(clio.url, clio.token, collections, start_date=options.pop("start_date", None))
    return {r.collection: r for r in sync(warehouse.pipeline(), source, **{"deletions": True, **options})}


def logged(warehouse: Warehouse) -> Counter[Event]:
    """Returns how often each event stands in the log."""
    rows = warehouse.rows("clio_deletions")
    return Counter((row["collection"], row["text_id"] or row["id"], row["reason"]) for row in rows)


def test_five_hundred_deletions_are_found_and_logged_once(clio: Sandbox, warehouse: Warehouse) -> None:
    clio.control.reset()
    collections = collections_of(*DELETED, *STATES.keys() - DELETED.keys())
    load(clio, warehouse, collections, deletions=False)
    before = {name: warehouse.rows(name) for name in collections}
    records = clio.firm.records
    with clio.lock:
        gone = {name: dict(list(records[name].items())[1 : 1 + n]) for name, n in DELETED.items()}
        for name, deleted in gone.items():
            for record_id in deleted:
                del records[name][record_id]
    for name, (_, shown) in STATES.items():
        clio.control.edit(name, next(iter(records[name])), shown)

    receipts = load(clio, warehouse, collections)
    missing: Counter[Event] = Counter((name, i, "missing") for name, deleted in gone.items() for i in deleted)
    assert missing.total() == 500
    assert {r.outcome for r in receipts.values()} == {"complete"}
    found = logged(warehouse)
    assert Counter({event: n for event, n in found.items() if event[2] == "missing"}) == missing
    assert {(name, next(iter(records[name])), why) for name, (why, _) in STATES.items()} <= found.keys()
    for name, rows in before.items():
        assert {row["id"] for row in rows} == {row["id"] for row in warehouse.rows(name)}, name

    back = {name: next(iter(deleted.items())) for name, deleted in gone.items()}
    for name, (record_id, record) in back.items():
        clio.control.insert(name, record | {"id": record_id})
    shown = {"bills": {"state": "paid"}, "allocations": {"voided_at": None}}
    for name, values in shown.items():
        clio.control.edit(name, next(iter(records[name])), values)
    load(clio, warehouse, collections)
    restored = {(name, record_id, "restored") for name, (record_id, _) in back.items()}
    restored |= {(name, next(iter(records[name])), "restored") for name in shown}
    assert logged(warehouse) - found == Counter(restored)


def test_what_a_lost_permission_hides_is_not_logged(clio: Sandbox, warehouse: Warehouse) -> None:
    collections = declare(
        {name: SHOWN[name] for name in ("matters", "notes", "bills")}, LIMITS | {"bills": 9}
    )
    ChangingFirm(clio, collections, "permissions", (60, 60))
    load(clio, warehouse, collections, deletions=False)

    matters, notes, bills = (list(clio.firm.records[name]) for name in collections)
    clio.control.hide("matters", matters[:21])
    clio.control.deny("Billing")
    for note in notes[:20]:
        clio.control.delete("notes", note)
    receipts = load(clio, warehouse, collections)
    assert {name: r.outcome for name, r in receipts.items()} == {
        "matters": "refused",
        "notes": "complete",
        "bills": "forbidden",
    }
    assert "21 of 60 rows are not in Clio's list any more. A lost permission" in receipts["matters"].why
    assert logged(warehouse) == Counter(("notes", note, "missing") for note in notes[:20])
    assert len(warehouse.rows("matters")) == len(warehouse.rows("bills")) == 60

    clio.control.unhide("matters")
    clio.control.grant("Billing")
    for bill in bills[:2]:
        clio.control.delete("bills", bill)
    with another_user(clio):
        receipts = load(clio, warehouse, collections)
    assert receipts["bills"].outcome == "refused"
    assert "The token's user is another" in receipts["bills"].why
    assert logged(warehouse).keys() == {("notes", note, "missing") for note in notes[:20]}


def test_what_comes_and_goes_during_the_id_sweep_is_not_taken_for_deleted(
    clio: Sandbox, warehouse: Warehouse
) -> None:
    """Nor is what `start_date` left out. The ids come in many pages, and new ones fall behind and ahead."""
    collections = declare({name: SHOWN[name] for name in LIMITS}, LIMITS)
    firm = ChangingFirm(clio, collections, "meanwhile", (12, 12))
    left_out = {name: next(iter(clio.firm.records[name])) for name in LIMITS}
    start_date = clio.control.now().isoformat()
    clio.control.pass_time(60)
    for name in LIMITS:
        for record_id in list(clio.firm.records[name])[1:]:
            clio.control.edit(name, record_id, {})
    load(clio, warehouse, collections, deletions=False, start_date=start_date)
    assert {name: len(warehouse.rows(name)) for name in LIMITS} == dict.fromkeys(LIMITS, 11)
    really = {name: list(clio.firm.records[name])[5] for name in LIMITS}
    for name in LIMITS:
        clio.control.delete(name, left_out[name])
        clio.control.delete(name, really[name])

    def meddle(request: Exchange) -> None:
        if request.parameters.get("fields") == "id" and request.collection in LIMITS:
            firm.insert(Random(f"meanwhile {request.nth}"), request.collection)

    stop = clio.control.on_request(meddle)
    receipts = load(clio, warehouse, collections)
    stop()
    assert {name: r.why for name, r in receipts.items() if r.outcome != "complete"} == {}
    missing = Counter((name, record_id, "missing") for name, record_id in really.items())
    assert logged(warehouse) == missing
    load(clio, warehouse, collections)
    assert logged(warehouse) == missing


DEATHS = [
    pytest.param(27, True, 27 + 1 + 30, id="page forgotten"),
    pytest.param(27, False, 2 + 30, id="page known"),
    pytest.param(3, False, 3 + 30, id="before the first checkpoint of the second list"),
]


@pytest.mark.parametrize(("died_at", "forgotten", "pages_read"), DEATHS[: rounds(by_default=1)])
def test_an_id_sweep_that_was_killed_goes_on_where_it_was(
    clio: Sandbox, warehouse: Warehouse, died_at: int, forgotten: bool, pages_read: int
) -> None:
    limits = {"bills": 4, "matters": 1}
    collections = declare({name: SHOWN[name] for name in limits}, limits)
    ChangingFirm(clio, collections, "killed", (31, 31))
    load(clio, warehouse, collections, deletions=False)
    gone = {name: list(clio.firm.records[name])[4] for name in limits}
    for name, record_id in gone.items():
        clio.control.delete(name, record_id)

    pages = kill_in_id_sweep(clio, warehouse, limits, at_page=8 + died_at)
    if forgotten:
        clio.control.expire_page_tokens()
    receipts = load(clio, warehouse, collections)
    assert {receipt.outcome for receipt in receipts.values()} == {"complete"}
    assert logged(warehouse) == Counter((name, record_id, "missing") for name, record_id in gone.items())
    assert pages["bills"] == 8, "what was stored is not read again"
    assert pages["matters"] <= pages_read


def test_an_id_sweep_whose_page_clio_forgets_begins_anew(clio: Sandbox, warehouse: Warehouse) -> None:
    collections = declare({"matters": SHOWN["matters"]}, {"matters": 5})
    ChangingFirm(clio, collections, "forgotten", (31, 31))
    load(clio, warehouse, collections, deletions=False)
    gone = list(clio.firm.records["matters"])[4]
    clio.control.delete("matters", gone)
    ids = 0

    def forget(request: Exchange) -> None:
        nonlocal ids
        ids += request.parameters.get("fields") == "id" and request.collection == "matters"
        if ids == 3:
            ids += 1
            clio.control.expire_page_tokens()

    clio.control.on_request(forget)
    receipts = load(clio, warehouse, collections)
    assert receipts["matters"].outcome == "complete", receipts["matters"].why
    assert logged(warehouse) == Counter({("matters", gone, "missing"): 1})


def test_an_id_sweep_that_was_killed_is_not_taken_for_anothers(clio: Sandbox, warehouse: Warehouse) -> None:
    """The next run may read other collections, or not be able to read this one."""
    limits = {"notes": 100, "matters": 100}
    collections = declare({name: SHOWN[name] for name in limits}, limits)
    ChangingFirm(clio, collections, "not another's", (9, 9))
    load(clio, warehouse, collections, deletions=False)
    matter = next(iter(clio.firm.records["matters"]))
    note = next(i for i, record in clio.firm.records["notes"].items() if record["type"] == "Matter")
    clio.control.delete("matters", matter)
    clio.control.delete("notes", note)

    kill_in_id_sweep(clio, warehouse, limits, at_page=2)  # the first type's ids are stored
    load(clio, warehouse, {"matters": collections["matters"]})
    assert logged(warehouse) == Counter({("matters", matter, "missing"): 1})
    load(clio, warehouse, collections)
    assert logged(warehouse) == Counter({("matters", matter, "missing"): 1, ("notes", note, "missing"): 1})


def kill_in_id_sweep(
    clio: Sandbox, warehouse: Warehouse, limits: Mapping[str, int], *, at_page: int
) -> Counter[str]:
    """Kills a run that sweeps for deletions; returns how many pages of ids are read, then and later."""
    pages: Counter[str] = Counter()

    def kill(request: Exchange) -> None:
        if request.parameters.get("fields") == "id" and request.collection in limits:
            pages[request.collection] += 1
            if pages.total() == at_page:
                os.kill(int(process.pid or 0), signal.SIGKILL)

    clio.control.on_request(kill)
    process = start(clio, warehouse, limits, checkpoint_pages=1, deletions=True)
    process.join(PATIENCE_SECONDS)
    assert process.exitcode == -signal.SIGKILL
    return pages


@contextmanager
def another_user(clio: Sandbox) -> Iterator[None]:
    """The token belongs to somebody else for a while."""
    owner, other = [*clio.firm.records["users"].values()][:2]
    owner["account_owner"], other["account_owner"] = False, True
    yield
    owner["account_owner"], other["account_owner"] = True, False
