"""The ledgers held against a second, plain reckoning from the firms' own records, row by row."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from . import answers, billed, days, held, settled, worked
from .billed import Records
from .recomputed import ACCOUNTS, RULES, Figures, Recomputed, agree

pytestmark = pytest.mark.xdist_group("recomputed")

each_firm = pytest.mark.parametrize("account", ACCOUNTS)
each_rule = pytest.mark.parametrize("rule", RULES)
each_axis = pytest.mark.parametrize("axis", ["known_date", "effective_date"])


@each_firm
def test_discounts_fall_on_the_same_lines(recomputed: Recomputed, account: str) -> None:
    ours = recomputed.rows(
        account,
        "select line_item_id, bill_state, kind, line_discount_amount, bill_discount_amount, net_amount "
        "from int_bill_lines__discounted where account = ?",
        1,
    )
    lines = billed.lines(recomputed.firms[account].records)
    assert any(line.bill_discount for line in lines)
    agree(ours, {(i.id,): (i.state, i.kind, i.discount, i.bill_discount, i.net) for i in lines})


@each_firm
def test_bills_ask_for_the_same_parts(recomputed: Recomputed, account: str) -> None:
    ours = recomputed.rows(
        account,
        "select bill_id, line_item_id, matter_id, component, user_id, due_amount, part_date "
        "from int_receivables__parts where account = ?",
        4,
    )
    parts = billed.parts(recomputed.firms[account].records)
    agree(ours, {part.key: (part.user, part.amount, part.date) for part in parts})


@each_rule
@each_firm
def test_money_settles_the_same_parts(recomputed: Recomputed, account: str, rule: str) -> None:
    ours = recomputed.rows(
        account,
        "select allocation_id, line_item_id, component, matter_id, settlement, amount "
        "from int_settlements__spread where account = ?",
        4,
        rule,
    )
    found = settled.settlements(recomputed.firms[account].records, rule)
    agree(ours, {one.key: (one.settlement, one.amount) for one in found})


@each_rule
@each_firm
def test_the_same_people_are_credited(recomputed: Recomputed, account: str, rule: str) -> None:
    ours = recomputed.rows(
        account,
        "select allocation_id, line_item_id, component, matter_id, credit, user_key, amount "
        "from int_cash__credited where account = ? and amount <> 0",
        6,
        rule,
    )
    records = recomputed.firms[account].records
    found = settled.credits(records, settled.settlements(records, rule), recomputed.originations[account])
    agree(ours, {key: (amount,) for key, amount in found})


@each_rule
@each_firm
def test_each_piece_of_work_takes_the_same_steps(recomputed: Recomputed, account: str, rule: str) -> None:
    columns = ("state", *worked.STEPS, "billed_hours", "issued_date")
    ours = recomputed.rows(
        account,
        f"select work_key, {', '.join(columns)} from int_work__ledger where account = ?",
        1,
        rule,
    )
    records = recomputed.firms[account].records
    rows = worked.work(records, settled.settlements(records, rule))
    agree(ours, {(key,): tuple(row[column] for column in columns) for key, row in rows.items()})


@each_firm
def test_time_has_the_same_standard_value(recomputed: Recomputed, account: str) -> None:
    ours = recomputed.rows(
        account,
        "select activity_id, standard_rate_amount, standard_rate_source, charged_rate_amount, "
        "standard_value_amount from int_activities__rated where account = ?",
        1,
    )
    agree(ours, {(id,): figures for id, figures in worked.rated(recomputed.firms[account].records).items()})


@each_firm
def test_trust_moves_and_rolls_forward_alike(recomputed: Recomputed, account: str) -> None:
    firm = recomputed.firms[account]
    ours = recomputed.rows(
        account,
        "select bank_transaction_id, movement, amount, opening_balance_amount, closing_balance_amount, "
        "account_balance_amount from int_trust__ledger where account = ?",
        1,
    )
    agree(ours, {(id,): figures for id, figures in held.ledger(firm.records).items()})
    ours = recomputed.rows(
        account,
        "select bank_account_id, client_id, matter_id, month_date, opening_balance_amount, deposit_amount, "
        "transfer_amount, disbursement_amount, closing_balance_amount "
        "from int_trust__monthly where account = ?",
        4,
    )
    agree(ours, dict(held.months(firm.records, firm.today)))


BALANCES: dict[str, tuple[str, Callable[[Records, date, str], Figures]]] = {
    "int_receivables__events": ("bill_id", days.owed),
    "int_wip__events": ("activity_id", days.on_the_shelf),
    "int_trust__events": ("bank_account_id, client_id, matter_id", days.held),
}


@each_axis
@pytest.mark.parametrize("events", BALANCES)
@each_firm
def test_every_week_had_the_same_balances(
    recomputed: Recomputed, account: str, events: str, axis: str
) -> None:
    by, reckon = BALANCES[events]
    firm = recomputed.firms[account]
    for week in range(0, 30, 3):
        day = firm.today - timedelta(weeks=week)
        ours = recomputed.rows(
            account,
            f"select {by}, sum(amount) from {events} where account = ? and {axis} <= '{day}' "
            f"group by {by} having sum(amount) <> 0",
            by.count(",") + 1,
        )
        theirs = reckon(firm.records, day, axis)
        agree(ours, {key if isinstance(key, tuple) else (key,): (amount,) for key, amount in theirs.items()})


@pytest.mark.parametrize("events", BALANCES)
def test_a_day_gone_by_is_answered_as_it_was_then(recomputed: Recomputed, events: str) -> None:
    by, reckon = BALANCES[events]
    assert len({firm.today for firm in recomputed.earlier}) == 2
    for firm in recomputed.earlier:
        ours = recomputed.rows(
            firm.account,
            f"select {by}, sum(amount) from {events} where account = ? and known_date <= '{firm.today}' "
            f"group by {by} having sum(amount) <> 0",
            by.count(",") + 1,
        )
        theirs = reckon(firm.records, firm.today, "known_date")
        agree(ours, {key if isinstance(key, tuple) else (key,): (amount,) for key, amount in theirs.items()})


# How many columns are the key, and the columns.
MARTS = {
    "fct_receivables_aging": (2, "bill_id matter_id balance_amount days_overdue age_bucket"),
    "fct_wip_aging": (3, "matter_id kind age_bucket wip_amount"),
    "fct_timekeeper_months": (
        2,
        """user_id month_date worked_hours billable_hours non_billable_hours available_hours""",
    ),
    "fct_fee_allocation": (
        2,
        """bill_id user_id billed_fees_amount billed_expenses_amount billed_tax_amount
        collected_fees_amount collected_expenses_amount collected_tax_amount credited_amount""",
    ),
    "fct_originations": (
        4,
        """matter_id user_key month_date currency_code
        originating_amount responsible_amount working_amount""",
    ),
    "fct_realisation_months": (
        4,
        """user_id month_date kind currency_code
        worked_billable_amount worked_wip_amount worked_billed_gross_amount worked_billed_amount
        worked_collected_amount issued_billed_amount issued_collected_amount paid_amount""",
    ),
}


@pytest.mark.parametrize("mart", MARTS)
@each_firm
def test_the_marts_answer_the_same(recomputed: Recomputed, account: str, mart: str) -> None:
    firm, (keys, columns) = recomputed.firms[account], MARTS[mart]
    records, today = firm.records, firm.today
    found = settled.settlements(records, "proportional")
    rows = worked.work(records, found).values()
    reckoned: dict[str, Callable[[], Figures]] = {
        "fct_receivables_aging": lambda: answers.receivables_by_age(records, found, today),
        "fct_wip_aging": lambda: answers.work_by_age(rows, today),
        "fct_timekeeper_months": lambda: answers.hours(records),
        "fct_fee_allocation": lambda: answers.shares_of_bills(records, found),
        "fct_originations": lambda: answers.credited_by_month(
            records, found, recomputed.originations[account]
        ),
        "fct_realisation_months": lambda: answers.realisation(rows, found, records),
    }
    chosen = ", ".join(columns.split())
    ours = recomputed.rows(account, f"select {chosen} from clio_marts.{mart} where account = ?", keys)
    agree({key: row for key, row in ours.items() if any(row)}, reckoned[mart]())
