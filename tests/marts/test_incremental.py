"""Large models are built anew for changed bills and matters only, and no cell tells the difference."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from clio_sandbox import Sandbox

from ..conftest import Warehouse
from .conftest import build

NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
ONLY_MODELS = ("--exclude-resource-type", "test", *NO_UNIT_TESTS)

# What no firm's week brings, all at once: in what was loaded, behind the loader's back.
EDITS = {
    "a line that is gone": "delete from clio.line_items where id = (select min(id) from clio.line_items)",
    "a bill that is gone": """
        delete from clio.bills where id = (select max(id) from clio.bills where state = 'draft')""",
    "an entry of another matter": """
        update clio.activities set matter__id = (select max(id) from clio.matters)
        where id = (select min(activity__id) from clio.line_items)""",
    "a payment of another bill": """
        update clio.allocations
        set bill__id = (select max(id) from clio.bills where state = 'awaiting_payment')
        where id = (select min(id) from clio.allocations
            where parent__type = 'Payment' and voided_at is null)""",
    "a matter of another client": """
        update clio.matters set client__id = (select max(id) from clio.contacts)
        where id = (select matter__id from clio.activities group by 1 order by count(*) desc limit 1)""",
    "a person with another rate": """
        update clio.users set rate = rate + 10 where id = (select min(id) from clio.users)""",
}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A firm's marts, built; then two weeks later, and built in part."""
    warehouse = Warehouse(tmp_path_factory.mktemp("lived"))
    with Sandbox("small", seed=3) as clio:
        warehouse.sync(clio, deletions=True)
        build(warehouse, *NO_UNIT_TESTS)
        clio.control.advance(14)
        warehouse.sync(clio, deletions=True)
    build(warehouse, *NO_UNIT_TESTS)
    return warehouse


def copied(warehouse: Warehouse, folder: Path) -> Warehouse:
    copy = Warehouse(folder)
    shutil.copy(warehouse.file, copy.file)
    return copy


def differences(part: Warehouse, whole: Warehouse) -> dict[str, int]:
    """Returns in how many rows each table of the marts is another in two files."""
    found = {}
    with duckdb.connect() as connection:
        for name, warehouse in {"part": part, "whole": whole}.items():
            connection.execute(f"attach '{warehouse.file}' as {name} (read_only)")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'whole' "
            "and schema_name = 'clio_marts' and not ends_with(table_name, '__built')"
        ).fetchall()
        assert len(tables) > 60
        for (table,) in tables:
            one, other = f"part.clio_marts.{table}", f"whole.clio_marts.{table}"
            less, more = f"from {one} except all from {other}", f"from {other} except all from {one}"
            rows = connection.execute(f"select count(*) from (({less}) union all ({more}))").fetchall()
            found[table] = rows[0][0]
    return {table: rows for table, rows in found.items() if rows}


def rebuilt(warehouse: Warehouse, folder: Path, **variables: Any) -> Warehouse:
    """Returns a copy of which every model is built from nothing."""
    whole = copied(warehouse, folder)
    build(whole, "--full-refresh", *ONLY_MODELS, variables=variables)
    return whole


def test_two_weeks_later_no_cell_of_any_mart_is_another_than_after_a_full_build(
    lived: Warehouse, tmp_path: Path
) -> None:
    assert differences(lived, rebuilt(lived, tmp_path)) == {}


def test_nor_is_one_after_edits_that_nothing_announces_and_under_another_rule(
    lived: Warehouse, tmp_path: Path
) -> None:
    edited = copied(lived, tmp_path)
    with duckdb.connect(str(edited.file)) as connection:
        for edit, statement in EDITS.items():
            assert connection.execute(statement).fetchall() != [(0,)], edit
    build(edited, *ONLY_MODELS)
    (tmp_path / "whole").mkdir()
    assert differences(edited, rebuilt(edited, tmp_path / "whole")) == {}
    build(edited, *ONLY_MODELS, variables={"clio_allocation_rule": "fifo"})
    (tmp_path / "fifo").mkdir()
    assert differences(edited, rebuilt(edited, tmp_path / "fifo", clio_allocation_rule="fifo")) == {}


def test_what_has_not_changed_is_kept_as_it_was_built(lived: Warehouse, tmp_path: Path) -> None:
    """A mark put on every row stays on those of all bills but the one that changed."""
    marked, settled = copied(lived, tmp_path), "clio_marts.int_settlements__spread"
    with duckdb.connect(str(marked.file)) as connection:
        connection.execute(f"update {settled} set part_key = part_key || ' kept'")
        connection.execute(f"""
            update clio.bills set due_at = due_at + 1
            where id = (select min(bill_id) from {settled} where line_item_id is not null)""")
    chosen = ("int_bills__classified", "int_bills__fingerprints", "int_settlements__spread")
    build(marked, "--select", *chosen, *ONLY_MODELS)
    rows = marked.sql(f"select bill_id, part_key like '% kept' as is_kept from {settled}")
    assert len({row["bill_id"] for row in rows if not row["is_kept"]}) == 1
    assert len({row["bill_id"] for row in rows if row["is_kept"]}) > 20
