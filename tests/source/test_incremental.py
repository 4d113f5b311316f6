"""After the first load only what changed is asked for, read and written, and no change is missed."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest

from clio_sandbox import Exchange, Sandbox
from clio_source.collection import Collection, load_collections

from ..conftest import SOME_PER_PARENT, Row, Snapshot, Warehouse, truth
from .reference import differences, expected_columns, expected_rows

COLLECTIONS = load_collections()
BY_DEFAULT = [name for name, collection in COLLECTIONS.items() if collection.selected_by_default]
WITH_CURSOR = [name for name in BY_DEFAULT if COLLECTIONS[name].cursor]


def lists_of(collection: Collection) -> int:
    return len(collection.parts)


def asked_of(run: Snapshot, name: str) -> list[Exchange]:
    """The requests for a collection's records; lists of ids only are read for the collections below it."""
    collection = COLLECTIONS[name]
    return [
        r
        for r in run.requests
        if r.collection == collection.path
        and r.parameters["fields"] != "id"
        and r.parameters.get("status") == collection.parameters.get("status")
    ]


def moment(row: Row) -> datetime:
    return datetime.fromisoformat(row["updated_at"])


def known_last(name: str, before: Snapshot, now: Snapshot) -> list[Row]:
    """What the firm holds now and, where Clio lists no deletions, the last that was known of what is gone."""
    collection = COLLECTIONS[name]
    if collection.replaced or collection.merged_by_parent:
        return now.truth[name]
    here = {tuple(row[column] for column in collection.key) for row in now.truth[name]}
    gone = [r for r in before.truth[name] if tuple(r[column] for column in collection.key) not in here]
    return now.truth[name] + gone


# Nothing changed


def test_a_second_run_asks_each_list_once_and_only_for_what_changed(second_run: Snapshot) -> None:
    expected = Counter({"users/who_am_i": 1})
    for name in BY_DEFAULT:
        expected[COLLECTIONS[name].path] += lists_of(COLLECTIONS[name])
    assert Counter(r.collection for r in second_run.requests) == expected
    sent = {name: [r.parameters for r in asked_of(second_run, name)] for name in BY_DEFAULT}
    assert all(("updated_since" in p) == (name in WITH_CURSOR) for name in BY_DEFAULT for p in sent[name])


def test_a_second_run_writes_no_row(first_run: Snapshot, second_run: Snapshot) -> None:
    assert {name: r.rows for name, r in second_run.receipts.items() if r.rows} == {}
    before, after = dict(first_run.tables), dict(second_run.tables)
    logged = len(after.pop("clio_sync_log")) - len(before.pop("clio_sync_log"))
    assert logged == len(BY_DEFAULT)
    assert [t for t in before if Counter(map(repr, before[t])) != Counter(map(repr, after[t]))] == []


# A week later


@pytest.mark.parametrize("name", [*BY_DEFAULT, *SOME_PER_PARENT])
def test_a_later_run_makes_the_tables_true_again(
    name: str, second_run: Snapshot, later_run: Snapshot
) -> None:
    columns = expected_columns(COLLECTIONS[name])
    for table, rows in expected_rows(COLLECTIONS[name], known_last(name, second_run, later_run)).items():
        assert differences(later_run.tables[table], rows, columns[table]) == [], table


@pytest.mark.parametrize("name", WITH_CURSOR)
def test_a_later_run_reads_and_writes_only_what_changed(
    name: str, second_run: Snapshot, later_run: Snapshot
) -> None:
    receipt = later_run.receipts[name]
    since = datetime.fromisoformat(str(receipt.since))
    assert {r.parameters["updated_since"] for r in asked_of(later_run, name)} == {receipt.since}
    changed = [row for row in later_run.truth[name] if moment(row) > since]
    assert sum(r.rows for r in asked_of(later_run, name)) == len(changed)
    before = {row["id"]: row for row in second_run.truth[name]}
    assert receipt.rows_new == sum(row["id"] not in before for row in changed)
    assert receipt.rows == sum(row != before.get(row["id"]) for row in changed)


def test_the_week_had_something_of_everything(second_run: Snapshot, later_run: Snapshot) -> None:
    def ids(run: Snapshot, name: str) -> set[int]:
        return {row["id"] for row in run.truth[name]}

    assert ids(second_run, "activities") - ids(later_run, "activities")
    assert ids(later_run, "bills") - ids(second_run, "bills")
    assert ids(second_run, "billable_matters") - ids(later_run, "billable_matters")
    for name, nested in (
        ("matters", "custom_field_values"),
        ("contacts", "email_addresses"),
        ("bills", "matters"),
    ):
        before = {row["id"]: len(row[nested]) for row in second_run.truth[name]}
        now = {row["id"]: len(row[nested]) for row in later_run.truth[name]}
        assert any(now[i] < length for i, length in before.items() if i in now), (name, nested)
        assert any(now[i] == 0 < length for i, length in before.items() if i in now) or name == "contacts"


def test_deleted_records_keep_their_last_row(second_run: Snapshot, later_run: Snapshot) -> None:
    gone = {r["id"] for r in second_run.truth["activities"]} - {
        r["id"] for r in later_run.truth["activities"]
    }
    assert gone <= {row["id"] for row in later_run.tables["activities"]}


# What receipts and the log say


@pytest.mark.parametrize("run", ["first_run", "second_run", "later_run"])
def test_receipts_and_the_log_tell_what_went_over_the_wire(run: str, request: pytest.FixtureRequest) -> None:
    made: Snapshot = request.getfixturevalue(run)
    log = {row["collection"]: row for row in made.tables["clio_sync_log"][-len(made.receipts) :]}
    for name, receipt in made.receipts.items():
        row = log[name]
        assert receipt.outcome == row["outcome"] == "complete"
        assert (receipt.rows_new, receipt.rows_changed) == (row["rows_new"], row["rows_changed"])
        assert receipt.requests == row["requests"], name
        if not COLLECTIONS[name].read_per:
            assert receipt.pages == receipt.requests == len(asked_of(made, name)), name


# Changes while we read


Change = Callable[[Sandbox, list[int]], None]


def edit_behind(clio: Sandbox, ids: list[int]) -> None:
    clio.control.edit("activities", ids[0], {"note": "later"})


def edit_ahead(clio: Sandbox, ids: list[int]) -> None:
    clio.control.edit("activities", ids[-1], {"note": "later"})


def delete_behind(clio: Sandbox, ids: list[int]) -> None:
    clio.control.delete("activities", ids[1])


def delete_ahead(clio: Sandbox, ids: list[int]) -> None:
    clio.control.delete("activities", ids[-2])


def delete_many(clio: Sandbox, ids: list[int]) -> None:
    for activity in ids[400:410]:
        clio.control.delete("activities", activity)


CHANGES: list[Change] = [edit_behind, edit_ahead, delete_behind, delete_ahead, delete_many]


def test_what_changes_while_we_read_is_true_after_the_next_run(warehouse: Warehouse) -> None:
    """The first change falls into the very second in which the sweep began, and the clocks disagree.

    Clio's web servers, whose time a sweep begins at, and its database need not agree to the second.
    """
    collection = COLLECTIONS["activities"]
    with Sandbox("small") as clio:
        clio.control.skew_headers(60)
        before = truth(clio, collection)
        ids = [row["id"] for row in before]
        for page, change in enumerate(CHANGES, start=1):
            clio.control.after("activities", page, partial(change, clio, ids))
        assert len(ids) > 200 * len(CHANGES)
        first = warehouse.sync(clio, "activities")["activities"]
        behind = {row["id"]: row["note"] for row in warehouse.rows("activities")}
        assert behind[ids[0]] != "later" == behind[ids[-1]]
        warehouse.sync(clio, "activities")
        assert first.through
        now = truth(clio, collection)
    here = {row["id"] for row in now}
    kept = [row for row in before if row["id"] not in here and row["id"] in behind]
    assert len(kept) == 11  # read before they were deleted
    columns = expected_columns(collection)
    for table, rows in expected_rows(collection, now + kept).items():
        assert differences(warehouse.rows(table), rows, columns[table]) == [], table
