"""The firm's totals, read off its journal alone: the independent truth that a warehouse is held against."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from .ledger import Journal

ZERO = Decimal("0.00")
Path = tuple[str | int, ...]
Totals = dict[str, Any]  # nested mappings that end in decimal strings

AGE_BUCKETS = ((0, "current"), (30, "1-30"), (60, "31-60"), (90, "61-90"))  # days past due, up to
OLDEST = "over 90"


def totals(journal: Journal, today: date) -> dict[str, object]:
    """Returns all totals as decimal strings; what is zero is left out.

    ``receivable``   currency -> total, by_client, by_bill, by_age (days past due as of the firm's clock)
    ``wip``          currency -> unbilled and draft -> fees, expenses
    ``worked``       currency -> month of the work -> fees, expenses (billable, at the entry's value)
    ``billed``       currency -> month of issue -> fees, expenses (before discounts), line_discount_fees,
                     line_discount_expenses, bill_discount, tax; and interest by month of the charge
    ``written_off``  currency -> month -> work (entries given up), write_off_credits, discount_credits
    ``cash_received`` currency -> month of the allocation -> bills, interest (voided ones never received)
    ``unapplied``    currency -> client -> money received that no allocation uses
    ``trust``        matter -> held for it; ``bank_accounts``: account -> balance
    ``hours``        user -> month of the work -> worked, billable (rounded hours of time entries)
    """
    result: Totals = {"as_of": today.isoformat()}
    for path, amount in _figures(journal, today):
        _add(result, path, amount)
    printed: dict[str, object] = _as_text(result)
    return printed


# Where the balance of each kind of account goes, and with which sign.
_PLACES: dict[str | int, tuple[int, Callable[..., Path]]] = {
    "wip": (1, lambda stage, kind, currency: ("wip", currency, stage, kind)),
    "worked": (-1, lambda kind, currency, month: ("worked", currency, month, kind)),
    "billed": (-1, lambda kind, currency, month: ("billed", currency, month, kind)),
    "line discount": (1, lambda kind, currency, month: ("billed", currency, month, f"line_discount_{kind}")),
    "bill discount": (1, lambda currency, month: ("billed", currency, month, "bill_discount")),
    "tax": (-1, lambda currency, month: ("billed", currency, month, "tax")),
    "interest": (-1, lambda currency, month: ("billed", currency, month, "interest")),
    "written off": (1, lambda currency, month: ("written_off", currency, month, "work")),
    "write-off credits": (1, lambda currency, month: ("written_off", currency, month, "write_off_credits")),
    "discount credits": (1, lambda currency, month: ("written_off", currency, month, "discount_credits")),
    "cash received": (1, lambda kind, currency, month: ("cash_received", currency, month, kind)),
    "unapplied": (-1, lambda currency, client: ("unapplied", currency, client)),
    "trust": (-1, lambda matter: ("trust", matter)),
    "bank": (1, lambda account: ("bank_accounts", account)),
    "hours worked": (1, lambda user, month: ("hours", user, month, "worked")),
    "hours billable": (1, lambda user, month: ("hours", user, month, "billable")),
}


def _figures(journal: Journal, today: date) -> Iterator[tuple[Path, Decimal]]:
    for account, amount in journal.balances.items():
        name, *dimensions = account
        if name == "receivable" and amount:
            currency, client, bill = dimensions
            yield ("receivable", currency, "total"), amount
            yield ("receivable", currency, "by_client", client), amount
            yield ("receivable", currency, "by_bill", bill), amount
            yield ("receivable", currency, "by_age", _age(journal, int(bill), today)), amount
        elif name in _PLACES and amount:
            sign, place = _PLACES[name]
            yield place(*dimensions), sign * amount


def _age(journal: Journal, bill: int, today: date) -> str:
    days = (today - journal.due_dates[bill]).days
    return next((name for most, name in AGE_BUCKETS if days <= most), OLDEST)


def _add(result: Totals, path: Path, amount: Decimal) -> None:
    *above, last = map(str, path)
    for part in above:
        result = result.setdefault(part, {})
    result[last] = result.get(last, ZERO) + amount


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in sorted(value.items())}
    return str(value)
