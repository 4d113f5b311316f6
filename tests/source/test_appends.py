"""Rows of which nothing can be there yet are appended; a run that died on the way doubles nothing."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from clio_sandbox import Sandbox
from clio_source import sync
from clio_source.collection import load_collections
from clio_source.errors import BusyError
from clio_source.receipt import Receipt

from ..conftest import Truth, Warehouse, source_of, truth
from .reference import differences, expected_columns, expected_rows

COLLECTIONS = {name: load_collections()[name] for name in ("activities", "bills")}  # bills have lists
PAGES = 30  # to a package, of 200 records: enough of them to be worth appending


@pytest.fixture(scope="module")
def clio() -> Iterator[Sandbox]:
    with Sandbox("demo") as clio:
        yield clio


@pytest.fixture(scope="module")
def records(clio: Sandbox) -> Truth:
    return {name: truth(clio, collection) for name, collection in COLLECTIONS.items()}


def load(clio: Sandbox, warehouse: Warehouse) -> dict[str, Receipt]:
    return warehouse.sync(clio, *COLLECTIONS, checkpoint_pages=PAGES)


def assert_equal(warehouse: Warehouse, records: Truth) -> None:
    found = warehouse.tables()
    for name, collection in COLLECTIONS.items():
        columns = expected_columns(collection)
        for table, rows in expected_rows(collection, records[name]).items():
            assert differences(found[table], rows, columns[table]) == [], table


def test_a_first_load_is_appended_and_equals_the_firm(
    clio: Sandbox, records: Truth, warehouse: Warehouse
) -> None:
    receipts = load(clio, warehouse)

    assert receipts["activities"].pages > 2 * PAGES, "several packages"
    assert_equal(warehouse, records)
    staged = warehouse.sql("from information_schema.tables where table_schema = 'clio_staging'")
    assert not {row["table_name"] for row in staged} & {"activities", "bills", "bills__matters"}


@pytest.mark.parametrize("died_after", ["the rows of every table", "some rows of some tables"])
def test_what_a_run_left_behind_that_died_before_its_place_was_stored_is_merged(
    clio: Sandbox, records: Truth, warehouse: Warehouse, tmp_path: Path, died_after: str
) -> None:
    load(clio, warehouse)
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute("delete from clio._dlt_pipeline_state; delete from clio._dlt_loads")
        if died_after == "some rows of some tables":
            for table in COLLECTIONS:
                connection.execute(
                    f"delete from clio.{table} where id > (select median(id) from clio.{table})"
                )
    warehouse.pipelines_dir = tmp_path / "another machine"

    load(clio, warehouse)

    assert_equal(warehouse, records)


def test_nothing_is_appended_to_what_another_process_has_loaded_meanwhile(
    clio: Sandbox, records: Truth, warehouse: Warehouse
) -> None:
    seen = 0

    def write_meanwhile(receipt: Receipt) -> None:
        """Writes after the second package was read: it is watched after its last page and at its end."""
        nonlocal seen
        seen += receipt.collection == "activities" and receipt.pages == 2 * PAGES
        if seen == 2:
            with duckdb.connect(str(warehouse.file)) as connection:
                connection.execute(
                    "insert into clio.activities by name "
                    "select id + 1000000 as id, _dlt_load_id from clio.activities"
                )

    with pytest.raises(BusyError, match="another process has loaded rows of it meanwhile"):
        sync(
            warehouse.pipeline(),
            source_of(clio, *COLLECTIONS),
            checkpoint_pages=PAGES,
            watch=write_meanwhile,
        )

    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute("delete from clio.activities where created_at is null")
    load(clio, warehouse)
    assert_equal(warehouse, records)
