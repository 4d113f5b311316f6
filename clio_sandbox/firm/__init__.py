"""An invented law firm, seeded and deterministic, whose money adds up.

What holds at every moment, and is tested. Names are fields of Clio's records.

Work
1.  A time entry's ``rounded_quantity`` is its ``quantity`` rounded up to six minutes. Its value is the
    rounded hours times ``price`` in cents, or ``price`` alone if ``flat_rate``; an expense's is
    quantity times price.
2.  The value is ``total`` if billable, else ``non_billable_total``; the other one is 0. ``no_charge``
    is not billable.
3.  ``on_bill`` is true on a bill that is neither void nor deleted, ``billed`` from its issue on;
    ``bill`` names it, of split bills the first.
4.  A written-off entry keeps its ``total``, is on no bill and is marked by ``_written_off``, the day it
    was given up.

Bills
5.  A line's ``sub_total`` is quantity (services: hours) times price in cents, 0 without charge;
    ``total`` is that less the line's discount, plus ``tax`` and ``secondary_tax``. SummaryLineItems
    repeat other lines and count nowhere.
6.  ``sub_total`` is the sum of the lines less their discounts; ``tax_sum`` and ``secondary_tax_sum``
    are the sums of the lines' taxes, ``total_tax`` of both; ``services_*`` are the same over lines of
    kind Service. The figures ``*taxable_sub_total`` are rounded to whole units, because Clio's
    specification types them as integers.
7.  ``total`` = ``sub_total`` + ``total_tax`` + ``interest.total``. ``due`` = ``total`` less the bill's
    own discount.
8.  ``paid`` and ``credits_issued`` are the sums of the valid allocations of payments and of credit
    memos. ``balance`` = ``due`` - ``paid`` - ``credits_issued``, 0 once void or deleted; an issued bill
    is paid when it is 0.
9.  ``balances`` (amount, due, interest) and ``matter_totals`` spread ``total``, ``due`` and interest
    over the bill's matters without remainder; ``interest.total`` is the sum of the bill's interest
    charges.
10. ``pending`` is the sum of its online payments in state pending or authorized.
11. A trust request (``trust_kind``) has trust line items instead of lines: they add up to ``total``,
    and ``paid`` is what was deposited. It is never revenue and never receivable.

Money
12. An allocation belongs to one bill, one of its matters (none if it has none) and one parent: a
    payment or a credit memo, whose allocations add up to its ``amount``. Interest is paid first.
13. A valid payment's allocation is in an operating account once; a voided one left it again with a
    second transaction.
14. Cash is received by the allocation's ``date`` as long as it is not voided. Overpaid money has a bank
    transaction and no allocation.
15. A bank account's ``balance`` is the sum of its transactions, ``current_account_balance`` the sum so
    far, by id.
16. ``matters.account_balances`` are the sums of the matter's transactions by account,
    ``contacts.account_balances`` those of the client's matters. Every trust transaction has a matter,
    so trust reconciles three ways.

Books
17. ``billable_matters``, ``billable_clients`` and ``outstanding_client_balances`` follow from the
    records.
18. The journal, written while things happen, gives the same totals as the records: see `books.totals`.
"""

from .firm import Firm
from .forms import Id, Record, Ref
from .sizes import Size

__all__ = ["Firm", "Id", "Record", "Ref", "Size"]
