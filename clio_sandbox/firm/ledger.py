"""The firm's own books: a double-entry journal written while things happen, never from the records.

Debits are positive, credits negative; every entry adds up to nothing. An account is a tuple of its name and
its dimensions, for instance ``("receivable", "USD", client, bill)``.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal

Account = tuple[str | int, ...]
Posting = tuple[Account, Decimal]
Entry = tuple[Posting, ...]

ZERO = Decimal("0.00")


class Journal:
    """Takes balanced entries and keeps the balance of every account."""

    def __init__(self) -> None:
        self.balances: defaultdict[Account, Decimal] = defaultdict(lambda: ZERO)
        self.due_dates: dict[int, date] = {}
        self._of_bill: dict[int, list[Entry]] = {}

    def post(self, *entry: Posting, bill: int | None = None) -> None:
        """Books one entry; with a bill, it is undone when that bill is voided."""
        if sum((amount for _, amount in entry), ZERO) != 0:
            raise ValueError(
                f"Booking {entry}: debits and credits differ, so the firm's money would not add up."
            )
        for account, amount in entry:
            self.balances[account] += amount
        if bill is not None:
            self._of_bill.setdefault(bill, []).append(entry)

    def move(self, amount: Decimal, debit: Account, credit: Account, bill: int | None = None) -> None:
        """Books an amount from one account to another."""
        if bill is not None:
            self._of_bill.setdefault(bill, []).append(((debit, amount), (credit, -amount)))
        self.balances[debit] += amount
        self.balances[credit] -= amount

    def undo_bill(self, bill: int) -> None:
        """Takes back all that was booked with a bill."""
        for entry in self._of_bill.pop(bill, []):
            self.post(*((account, -amount) for account, amount in entry))
