"""The ledgers: equal to the firm's own books by every rule, and a wrong cent in them is found."""

import shutil
from pathlib import Path

import duckdb
import pytest
from dbt.artifacts.schemas.results import NodeStatus
from dbt.artifacts.schemas.run import RunExecutionResult

from ..conftest import Warehouse
from .books import differences, written_off
from .conftest import Marts, build, run_dbt

RULES = ("fifo", "fees_first", "expenses_first")

# One cent, or one row, changed in what was loaded; and the test that must find it.
PLANTED = {
    "assert_receivables_equal_open_balances_of_bills": """
        update clio.allocations set amount = amount + 0.01
        where id = (select min(id) from clio.allocations where voided_at is null)""",
    "assert_unbilled_work_equals_clios_own_figure": """
        update clio.activities set total = total + 0.01
        where id = (select min(id) from clio.activities where not on_bill and not non_billable
            and id not in (select id from clio.activities_written_off))""",
    "assert_trust_ledger_equals_account_balances": """
        update clio.bank_transactions set funds_out = funds_out + 0.01
        where id = (select min(id) from clio.bank_transactions where type = 'liability')""",
    "assert_trust_ledger_equals_balances_of_matters": """
        update clio.bank_transactions set matter__id = matter__id + 1
        where id = (select min(id) from clio.bank_transactions where type = 'liability')""",
    "assert_no_client_has_less_than_nothing_in_trust": """
        update clio.bank_transactions set funds_in = 0
        where id = (select min(id) from clio.bank_transactions where type = 'liability')""",
    "assert_origination_shares_add_up_to_one": """
        insert into clio_marts.originations values ('main', 1, 1, 0.5), ('main', 1, 2, 0.4)""",
}


def test_ledgers_equal_the_firms_own_books_to_the_cent(marts: Marts) -> None:
    assert differences(marts, marts.ledger) == {}


def test_work_given_up_equals_the_books(marts: Marts) -> None:
    rows = marts.sql(
        "select currency_code, sum(written_off_amount) as amount from clio_marts.int_work__ledger group by 1"
    )
    ours = {(row["currency_code"],): row["amount"] for row in rows if row["amount"]}
    assert ours == written_off(marts.ledger)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_uses_up_each_payment_and_settles_no_line_twice(
    marts: Marts, rule: str, tmp_path: Path
) -> None:
    warehouse = Warehouse(tmp_path)
    shutil.copy(marts.warehouse.file, warehouse.file)
    chosen = ("int_settlements__spread+", "--exclude", "test_type:unit")
    build(warehouse, "--select", *chosen, variables={"clio_allocation_rule": rule})
    other = Marts(warehouse, marts.ledger)
    assert differences(other, marts.ledger) == {}
    query = "select part_key, amount from clio_marts.int_settlements__spread order by all"
    assert other.sql(query) != marts.sql(query)


def test_an_unknown_rule_is_refused_with_what_is_known(marts: Marts) -> None:
    result = run_dbt(marts.warehouse, "parse", variables={"clio_allocation_rule": "newest first"})
    assert "newest first, not one of proportional, fifo, fees_first, expenses_first" in str(result.exception)


@pytest.mark.parametrize("finder", PLANTED)
def test_a_cent_that_is_wrong_is_found(marts: Marts, finder: str, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    shutil.copy(marts.warehouse.file, warehouse.file)
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute(PLANTED[finder])
    run_dbt(warehouse, "run", "--select", "path:models/intermediate")
    result = run_dbt(warehouse, "test", "--select", finder)
    assert isinstance(result.result, RunExecutionResult)
    assert [found.status for found in result.result] in ([NodeStatus.Fail], [NodeStatus.Warn])
