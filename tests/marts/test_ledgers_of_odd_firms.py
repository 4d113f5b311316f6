"""The ledgers where a firm is not alone, or where the token may not see everything."""

import shutil
from pathlib import Path

import duckdb

from clio_sandbox import Sandbox
from clio_sandbox.redaction import Redaction

from ..conftest import Warehouse
from .books import differences
from .conftest import Marts, build

TWO_FIRMS = [{"name": "main", "schema": "clio"}, {"name": "other", "schema": "clio_other"}]


def test_two_firms_with_the_same_ids_do_not_mix(marts: Marts, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    shutil.copy(marts.warehouse.file, warehouse.file)
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute("create schema clio_other")
        for (table,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'clio'"
        ).fetchall():
            connection.execute(f'create table clio_other."{table}" as from clio."{table}"')
    build(warehouse, "--exclude", "test_type:unit", variables={"clio_accounts": TWO_FIRMS})
    ledgers = marts.sql(
        "select table_name from information_schema.columns where table_schema = 'clio_marts' "
        "and regexp_matches(table_name, '^(int|dim|fct)_') and column_name = 'account' "
        "and not regexp_matches(table_name, '__(built|fingerprints)$')"  # hashes, the firm's name in them
    )
    assert len(ledgers) > 45
    both = Marts(warehouse, marts.ledger)
    for (table,) in (tuple(row.values()) for row in ledgers):
        rows = f"select * replace ('main' as account) from clio_marts.{table}"
        alone = marts.sql(f"{rows} order by all")
        for firm in ("main", "other"):
            assert both.sql(f"{rows} where {table}.account = '{firm}' order by all") == alone, table


def test_hours_that_may_not_be_seen_are_null_and_counted_never_zero(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    with Sandbox("small") as clio:
        clio.control.redact(Redaction(hours="others"))
        warehouse.sync(clio)
        ledger = clio.control.ledger()
    # Clio's own total of unbilled work knows the hidden value: the warning is due.
    build(warehouse, "--exclude", "test_type:unit", "assert_unbilled_work_equals_clios_own_figure")
    firm = Marts(warehouse, ledger)
    hidden = firm.sql(
        "select count(*) as entries, count(worked_amount) as worth, count(rounded_hours) as timed, "
        "count(*) filter (state = 'billed') as billed, sum(billed_amount) as billed_amount "
        "from clio_marts.int_work__ledger where is_redacted"
    )[0]
    assert hidden["entries"] > hidden["billed"] > 0
    assert (hidden["worth"], hidden["timed"]) == (0, 0)
    assert hidden["billed_amount"] > 0
    (months,) = firm.sql(
        "select sum(redacted_entry_count) as entries, count(utilisation_rate) as rates "
        "from clio_marts.fct_timekeeper_months where redacted_entry_count > 0"
    )
    assert months["entries"] > 0
    assert months["rates"] == 0
    assert differences(firm, ledger).keys() == {"wip", "worked", "hours"}
