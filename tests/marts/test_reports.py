"""Mirrors of Clio's reports: why two of them differ, to the cent, and in a firm that has every reason."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest
from dbt.artifacts.schemas.results import NodeStatus
from dbt.artifacts.schemas.run import RunExecutionResult

from ..conftest import Warehouse
from .conftest import PROJECT, Marts, run_dbt

EXPLAINED = "assert_differences_of_reports_are_explained_to_the_cent"

# What the small firm has not: each makes a reason of its own.
ODDITIES = {
    "a payment of March that was voided in June": """
        update clio.allocations set voided_at = date_trunc('month', date) + interval 3 month
        where id = (select min(id) from clio.allocations
            where voided_at is null and parent__type = 'Payment' and matter__id is not null)""",
    "a bill that was voided three months after its issue": """
        update clio.bills set state = 'void', updated_at = date_trunc('month', issued_at) + interval 3 month
        where id = (select min(id) from clio.bills
            where state = 'awaiting_payment' and kind = 'revenue_kind')""",
    "a bill whose total is not that of its lines": """
        update clio.bills set due = due + 0.02, total = total + 0.02
        where id = (select max(id) from clio.bills where state = 'paid' and kind = 'revenue_kind')""",
    "a payment of more than the bill asks for": """
        update clio.allocations set amount = amount + 700
        where id = (select max(a.id) from clio.allocations a join clio.bills b on a.bill__id = b.id
            where a.voided_at is null and not a.interest and a.parent__type = 'Payment'
                and b.state = 'paid' and b.kind = 'revenue_kind')""",
    "a matter that nobody brought in": """
        update clio.matters set originating_attorney__id = null
        where id = (select a.matter__id from clio.allocations a
            where a.matter__id is not null and a.voided_at is null
            group by 1 order by sum(a.amount) desc limit 1)""",
}


def reasons_known() -> set[str]:
    """The reasons that the macro names: the third text of each of its rows."""
    text = (PROJECT / "macros" / "report_differences.sql").read_text()
    measure = "'(?:billed|collected|work|receivable|work_in_progress)'"
    step = "'(?:lines|interest|parts|cash|laid_out|voided|work|receivables|shelf)'"
    return set(re.findall(rf"{measure}, '(\w+)', {step}", text))


def explained(warehouse: Warehouse) -> NodeStatus:
    result = run_dbt(warehouse, "test", "--select", EXPLAINED)
    assert isinstance(result.result, RunExecutionResult)
    return NodeStatus(result.result[0].status)


@pytest.fixture
def odd(marts: Marts, tmp_path: Path) -> Warehouse:
    """The small firm with every oddity, its ledgers and reports built anew."""
    warehouse = Warehouse(tmp_path)
    shutil.copy(marts.warehouse.file, warehouse.file)
    with duckdb.connect(str(warehouse.file)) as connection:
        for oddity, statement in ODDITIES.items():
            assert connection.execute(statement).fetchone() != (0,), oddity
    run_dbt(warehouse, "run", "--select", "path:models/intermediate", "path:models/marts/reports")
    return warehouse


def test_every_reason_occurs_and_all_of_them_explain_each_difference(odd: Warehouse) -> None:
    assert explained(odd) is NodeStatus.Pass
    found = {row["reason"] for row in odd.sql("select reason from clio_marts.clio_report_differences")}
    assert found == reasons_known()


@pytest.mark.parametrize("reason", ["payment_date", "tax", "past_state", "discount", "interest"])
def test_a_cent_that_no_reason_explains_is_found(odd: Warehouse, reason: str) -> None:
    with duckdb.connect(str(odd.file)) as connection:
        connection.execute(
            "update clio_marts.clio_report_differences set amount = amount + 0.01 where rowid = "
            "(select min(rowid) from clio_marts.clio_report_differences where reason = ?)",
            [reason],
        )
    assert explained(odd) is NodeStatus.Fail


def test_what_reports_say_is_what_the_firm_has(marts: Marts) -> None:
    """Reports without a date of their own equal Clio's balances."""
    rows = marts.sql("""
        with trust as (select sum(balance) as balance from clio.bank_accounts where type = 'Trust'),
        listed as (select * from clio_marts.clio_report_trust_listing
            where month_date = (select max(month_date) from clio_marts.clio_report_trust_listing))
        select
            (select sum(balance) from clio.bills where state = 'awaiting_payment' and kind <> 'trust_kind')
                - (select sum(balance_amount) from clio_marts.clio_report_accounts_receivable) as owed,
            balance - (select sum(funds_in_amount - funds_out_amount)
                from clio_marts.clio_report_trust_ledger) as trust_ledger,
            balance - (select sum(balance_amount) from listed) as trust_listing,
            balance - (select sum(trust_amount)
                from clio_marts.clio_report_matter_balance_summary) as by_matter
        from trust
    """)
    assert rows == [{"owed": 0, "trust_ledger": 0, "trust_listing": 0, "by_matter": 0}]
