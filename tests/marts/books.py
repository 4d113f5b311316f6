"""The firm's own double-entry books held against the ledgers: each figure as a query on them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from .conftest import Marts

Figures = dict[tuple[str, ...], Decimal]

# The parts of the books, and what the ledgers say of them: dimensions as in the books, then the figure.
QUERIES = {
    "receivable total": "select currency_code, 'total', sum(amount) from int_receivables__events group by 1",
    "receivable by bill": """
        select currency_code, 'by_bill', bill_id, sum(amount)
        from int_receivables__events group by 1, 3""",
    "receivable by client": """
        select currency_code, 'by_client', client_id, sum(amount)
        from int_receivables__events group by 1, 3""",
    "wip": """
        select currency_code, 'unbilled', kind, sum(unbilled_amount) from int_work__ledger group by 1, 3
        union all select currency_code, 'draft', kind, sum(draft_amount)
        from int_work__ledger group by 1, 3""",
    "worked": """
        select currency_code, strftime(work_date, '%Y-%m'), kind,
            sum(worked_amount - non_billable_amount - no_charge_amount)
        from int_work__ledger group by 1, 2, 3""",
    "billed": """
        with lines as (
            select *, strftime(issued_date, '%Y-%m') as month
            from int_bill_lines__discounted where bill_state = 'approved'
        )
        select currency_code, month, kind, sum(sub_total_amount) from lines group by 1, 2, 3
        union all select currency_code, month, 'line_discount_' || kind, sum(line_discount_amount)
        from lines group by 1, 2, 3
        union all select currency_code, month, 'bill_discount', sum(bill_discount_amount)
        from lines group by 1, 2
        union all select currency_code, month, 'tax', sum(tax_amount + secondary_tax_amount)
        from lines group by 1, 2
        union all select currency_code, strftime(effective_date, '%Y-%m'), 'interest', sum(amount)
            from int_receivables__events where event_type = 'interest' group by 1, 2""",
    "written_off credits": """
        select currency_code, strftime(settled_date, '%Y-%m'), settlement || 's', sum(amount)
        from int_settlements__spread where settlement <> 'cash' group by 1, 2, 3""",
    "cash_received": """
        select currency_code, strftime(settled_date, '%Y-%m'),
            if(component = 'interest', 'interest', 'bills'), sum(amount)
        from int_settlements__spread where settlement = 'cash' group by 1, 2, 3""",
    "unapplied": "select currency_code, client_id, sum(amount) from int_unapplied__movements group by 1, 2",
    "trust": "select matter_id, sum(amount) from int_trust__ledger group by 1",
    "hours": """
        select user_id, strftime(work_date, '%Y-%m'), 'worked', sum(rounded_hours)
        from int_work__ledger where entry_type = 'TimeEntry' group by 1, 2
        union all select user_id, strftime(work_date, '%Y-%m'), 'billable', sum(rounded_hours)
        from int_work__ledger where entry_type = 'TimeEntry' and state not in ('non_billable', 'no_charge')
        group by 1, 2""",
}


def differences(marts: Marts, ledger: dict[str, Any]) -> dict[str, list[str]]:
    """Returns by part of the books what they and the ledgers do not agree on, to the cent."""
    found = {}
    with marts.connect() as connection:
        connection.execute("use clio_marts")
        for name, query in QUERIES.items():
            rows = connection.execute(query).fetchall()
            ours = {tuple(map(str, row[:-1])): row[-1] for row in rows if row[-1]}
            theirs = _books(name, ledger)
            assert theirs, f"the books have nothing on {name}, so nothing would be compared"
            keys = sorted(key for key in ours | theirs if ours.get(key, 0) != theirs.get(key, 0))
            if keys:
                found[name] = [f"{key}: {ours.get(key, 0)}, not {theirs.get(key, 0)}" for key in keys]
    return found


def written_off(ledger: dict[str, Any]) -> Figures:
    """Work given up by currency, over all months: Clio tells no date of it."""
    totals: Figures = {}
    for (currency, _, what), amount in _flat(ledger["written_off"]):
        if what == "work":
            totals[(currency,)] = totals.get((currency,), Decimal(0)) + amount
    return totals


def _books(name: str, ledger: dict[str, Any]) -> Figures:
    part, _, what = name.partition(" ")
    figures = dict(_flat(ledger[part]))
    if part == "receivable":
        return {key: amount for key, amount in figures.items() if key[1] == what.replace(" ", "_")}
    if part == "written_off":
        return {key: amount for key, amount in figures.items() if key[2] != "work"}
    return figures


def _flat(nested: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Decimal]]:
    for key, value in nested.items():
        if isinstance(value, dict):
            yield from _flat(value, (*above, key))
        elif Decimal(value):
            yield (*above, key), Decimal(value)
