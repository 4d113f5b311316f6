"""It is a dlt source like any other, and whatever way it is run, the tables and the place reached agree."""

import shutil
from dataclasses import replace
from pathlib import Path

import dlt
import pytest

from clio_sandbox import Exchange, Fault, Sandbox
from clio_source import sync
from clio_source.collection import load_collections

from ..conftest import Row, Snapshot, Tables, Warehouse, source_of, truth
from .reference import differences, expected_columns, expected_rows

COLLECTIONS = load_collections()

# One of each kind: with nested lists, in two parts, replaced as a whole, in regions, read per parent.
OF_EACH_KIND = (
    "bills",
    "notes",
    "billable_clients",
    "lauk_expense_categories",
    "contacts_email_addresses",
    "documents_versions",
)


def wrong(tables: Tables, clio: Sandbox, *collections: str) -> dict[str, list[str]]:
    """Returns by table in what the warehouse differs from the firm."""
    found: dict[str, list[str]] = {}
    for name in collections:
        columns = expected_columns(COLLECTIONS[name])
        for table, rows in expected_rows(COLLECTIONS[name], truth(clio, COLLECTIONS[name])).items():
            found[table] = differences(tables[table], rows, columns[table])
    return {table: lines for table, lines in found.items() if lines}


def asked(clio: Sandbox, collection: str) -> list[Exchange]:
    """Returns the requests for a collection since it was last asked about."""
    requests = clio.control.requests(COLLECTIONS[collection].path)
    clio.control.forget_requests()
    return requests


# Plain dlt


def test_plain_runs_and_syncs_go_on_from_each_other(warehouse: Warehouse, tmp_path: Path) -> None:
    with Sandbox("small") as clio:
        warehouse.pipeline().run(source_of(clio).with_resources("bills"))
        loaded = warehouse.tables()
        assert set(loaded) == set(expected_columns(COLLECTIONS["bills"]))
        assert wrong(loaded, clio, "bills") == {}
        assert all("updated_since" not in request.parameters for request in asked(clio, "bills"))

        warehouse.sync(clio, "bills")
        assert [("updated_since" in request.parameters) for request in asked(clio, "bills")] == [True]

        shutil.rmtree(warehouse.pipelines_dir)  # another machine: all that is known lies in the warehouse
        warehouse.pipeline().run(source_of(clio).with_resources("bills"))
        assert [("updated_since" in request.parameters) for request in asked(clio, "bills")] == [True]
    after = warehouse.tables()
    assert {table: sorted(map(repr, after[table])) for table in loaded} == {
        table: sorted(map(repr, rows)) for table, rows in loaded.items()
    }


def test_hints_and_a_limit_are_taken_as_from_any_source(warehouse: Warehouse) -> None:
    """The limit ends the sweep between a batch's bills and what is nested in them, and loses nothing."""
    bills, accounts = COLLECTIONS["bills"], COLLECTIONS["bank_accounts"]
    with Sandbox("small") as clio:
        source = source_of(clio).with_resources("bills", "bank_accounts")
        source.resources["bills"].add_limit(len(expected_columns(bills)) + 1)
        source.resources["bank_accounts"].apply_hints(table_name="accounts")
        warehouse.pipeline().run(source)
        expected = expected_rows(accounts, truth(clio, accounts))["bank_accounts"]
        assert (
            differences(warehouse.rows("accounts"), expected, expected_columns(accounts)["bank_accounts"])
            == []
        )
        assert "bank_accounts" not in warehouse.columns()
        assert len(warehouse.rows("bills")) > len(warehouse.rows("bills__matters")) == 0

        warehouse.pipeline().run(source_of(clio).with_resources("bills"))
        assert wrong(warehouse.tables(), clio, "bills") == {}


def test_the_source_names_every_collection_and_selects_those_that_cost_a_request(tmp_path: Path) -> None:
    with Sandbox("small") as clio:
        source = source_of(clio)
        assert list(source.resources) == list(COLLECTIONS)
        per_parent = {name for name, collection in COLLECTIONS.items() if collection.read_per}
        assert set(source.resources) - set(source.resources.selected) == per_parent
        assert clio.control.requests() == []  # nothing is asked before it is run


# Two firms, and none


def test_two_firms_in_one_process_never_mix(tmp_path: Path) -> None:
    with Sandbox("small", seed=1) as one, Sandbox("small", seed=2) as other:
        firms = {one: Warehouse(tmp_path, "one"), other: Warehouse(tmp_path, "other")}
        sources = {clio: source_of(clio, "tasks") for clio in firms}
        one.control.edit("tasks", next(iter(one.firm.records["tasks"])), {"name": "only here"})
        for clio, warehouse in firms.items():
            sync(warehouse.pipeline(), sources[clio])
        for clio, warehouse in firms.items():
            assert wrong(warehouse.tables(), clio, "tasks") == {}
            assert {request.token for request in clio.control.requests()} == {"token-1"}


def test_an_empty_firm_makes_the_same_tables(warehouse: Warehouse, first_run: Snapshot) -> None:
    with Sandbox("small") as clio:
        with clio.lock:
            for path, records in clio.firm.records.items():
                if path != "users":
                    records.clear()
        receipts = warehouse.sync(clio, *OF_EACH_KIND)
    assert {(receipt.outcome, receipt.rows) for receipt in receipts.values()} == {("complete", 0)}
    expected = {t for name in OF_EACH_KIND for t in expected_columns(COLLECTIONS[name])} | {"clio_sync_log"}
    assert warehouse.columns() == {table: first_run.columns[table] for table in expected}
    assert {table for table, rows in warehouse.tables().items() if rows} == {"clio_sync_log"}


# Checkpoints


def test_many_checkpoints_make_the_same_tables_as_one_run(warehouse: Warehouse, first_run: Snapshot) -> None:
    with Sandbox("small") as clio:
        receipts = warehouse.sync(clio, "bills", "bank_transactions", checkpoint_pages=1)
        receipts |= warehouse.sync(clio, "documents_versions", "conversation_messages", checkpoint_pages=10)
        loads = warehouse.sql("select count(*) as n from clio._dlt_loads")[0]["n"]
    assert loads >= 2 + 3  # two pages, then three times ten parents and less
    assert {receipt.outcome for receipt in receipts.values()} == {"complete"}
    loaded = warehouse.tables()
    for name in receipts:
        for table, columns in expected_columns(COLLECTIONS[name]).items():
            assert _plain(loaded[table], columns) == _plain(first_run.tables[table], columns), table


def _plain(rows: list[Row], columns: dict[str, str]) -> list[str]:
    return sorted(repr([row[column] for column in columns]) for row in rows)


BROKEN = {
    "bills": Fault("forbidden", "bills", page=2),
    "contacts_email_addresses": Fault("forbidden", "contacts/{contact_id}/email_addresses", nth=20),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_sweep_that_broke_off_goes_on_from_there_on_another_machine(
    name: str, warehouse: Warehouse
) -> None:
    with Sandbox("small") as clio:
        fault = clio.control.fault(replace(BROKEN[name], count=1))
        broken = warehouse.sync(clio, name, checkpoint_pages=10)[name]
        assert (broken.outcome, fault.fired) == ("forbidden", 1)
        assert broken.rows == len(warehouse.rows(name)) > 0  # what was read before is loaded
        read = {_address(request) for request in asked(clio, name) if request.status == 200}
        shutil.rmtree(warehouse.pipelines_dir)
        assert warehouse.sync(clio, name)[name].outcome == "complete"
        assert read & {_address(request) for request in asked(clio, name)} == set()
        assert wrong(warehouse.tables(), clio, name) == {}


def _address(request: Exchange) -> tuple[object, ...]:
    return request.path, *map(request.parameters.get, ("page_token", "updated_since"))


def test_a_full_refresh_reads_all_anew_and_drops_what_clio_no_longer_has(warehouse: Warehouse) -> None:
    with Sandbox("small") as clio:
        warehouse.sync(clio, "tasks", "text_snippets")
        clio.control.delete("tasks", next(iter(clio.firm.records["tasks"])))
        asked(clio, "tasks")
        warehouse.sync(clio, "tasks", full_refresh=True)
        assert all("updated_since" not in request.parameters for request in asked(clio, "tasks"))
        assert wrong(warehouse.tables(), clio, "tasks", "text_snippets") == {}


def test_a_pipeline_that_another_run_left_packages_in_begins_anew(warehouse: Warehouse) -> None:
    with Sandbox("small") as clio:
        pipeline = warehouse.pipeline()
        pipeline.extract(source_of(clio).with_resources("tasks"), loader_file_format="parquet")
        assert pipeline.has_pending_data
        clio.control.edit("tasks", next(iter(clio.firm.records["tasks"])), {"name": "later"})
        warehouse.sync(clio, "tasks")
        assert not dlt.attach("clio", pipelines_dir=str(warehouse.pipelines_dir)).has_pending_data
        assert wrong(warehouse.tables(), clio, "tasks") == {}
