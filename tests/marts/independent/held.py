"""Client money, from the firm's records: every movement with its balances, and months rolled forward."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from clio_sandbox.firm import Record

from .billed import Records, id_of
from .rounding import ZERO

Holder = tuple[int, int | None, int | None]  # bank account, client, matter


def movements(records: Records) -> list[Record]:
    """Returns the transactions of trust accounts in order."""
    trust = {id for id, account in records["bank_accounts"].items() if account["type"] == "Trust"}
    found = (t for t in records["bank_transactions"].values() if t["bank_account"].id in trust)
    return sorted(found, key=lambda t: (t["date"], t["id"]))


def amount_of(transaction: Record) -> Decimal:
    amount: Decimal = transaction["funds_in"] - transaction["funds_out"]
    return amount


def holder_of(transaction: Record) -> Holder:
    return transaction["bank_account"].id, id_of(transaction["client"]), id_of(transaction["matter"])


def ledger(records: Records) -> dict[int, tuple[Any, ...]]:
    """Returns each movement's kind, amount, the holder's balance before and after, the account's after."""
    held: dict[Any, Decimal] = defaultdict(lambda: ZERO)
    found = {}
    for transaction in movements(records):
        holder, amount = holder_of(transaction), amount_of(transaction)
        before = held[holder]
        held[holder] += amount
        held[holder[0]] += amount
        found[transaction["id"]] = (_kind(transaction), amount, before, held[holder], held[holder[0]])
    return found


def months(records: Records, today: date) -> Iterator[tuple[tuple[Any, ...], tuple[Decimal, ...]]]:
    """Yields by holder and month what was held, what came, what paid bills, what left, what is held."""
    sums: dict[Holder, dict[date, dict[str, Decimal]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(lambda: ZERO))
    )
    for transaction in movements(records):
        month = transaction["date"].replace(day=1)
        sums[holder_of(transaction)][month][_kind(transaction)] += amount_of(transaction)
    for holder, by_month in sums.items():
        month, held = min(by_month), ZERO
        while month <= today:
            of = by_month.get(month, {})
            came, paid, left = (
                of.get(kind, ZERO) for kind in ("deposit", "transfer_to_operating", "disbursement")
            )
            yield (*holder, month), (held, came, paid, left, held + came + paid + left)
            held += came + paid + left
            month = date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _kind(transaction: Record) -> str:
    if transaction["allocation"]:
        return "transfer_to_operating"
    return "deposit" if amount_of(transaction) > 0 else "disbursement"
