"""What can become of a bill: approved, edited, deleted or voided, and booked accordingly."""

from datetime import timedelta
from decimal import Decimal

from . import bills, payments
from .archive import Archive
from .forms import Record, Ref
from .ledger import Account, Posting
from .work import kind_of

ZERO = Decimal("0.00")


def approve(archive: Archive, bill: Record) -> None:
    """Issues a bill: from now on it is owed."""
    if bill["state"] not in ("draft", "awaiting_approval"):
        return
    today = archive.at.date()
    bill.update(
        state="awaiting_payment",
        issued_at=today,
        due_at=today + timedelta(days=30),
        last_sent_at=archive.at,
        shared=True,
    )
    bills.add_up(archive, bill)
    _mark(archive, bill, billed=True)
    bill["_open"] = {row["id"]: row["due"] for row in bill["balances"]}
    _book_issue(archive, bill)
    if bill["balance"] == 0:  # only work without charge
        payments.settle(archive, bill)


def void(archive: Archive, bill: Record) -> None:
    """Takes an unpaid bill back; its work can be billed again."""
    if bill["state"] != "awaiting_payment" or bill["paid"] or bill["credits_issued"] or bill["pending"]:
        return
    _take_back(archive, bill, "void")
    archive.journal.undo_bill(bill["id"])


def delete(archive: Archive, bill: Record) -> None:
    """Deletes a draft; the bill stays, in state deleted, and its work can be billed again."""
    if bill["state"] in ("draft", "awaiting_approval"):
        _take_back(archive, bill, "deleted")


def edit_line(archive: Archive, bill: Record) -> None:
    """Changes a line of a draft, so that it differs from its activity."""
    lines = [line for line in bills.lines_of(archive, bill) if line["type"] == "ActivityLineItem"]
    if lines:
        line = max(lines, key=lambda line: line["sub_total"])
        quantity = (
            line["quantity"]
            if line["kind"] == "Expense"
            else max(line["quantity"] - Decimal("0.10"), Decimal("0.10"))
        )
        bills.value_line(bill, line, quantity, (line["price"] * Decimal("0.95")).quantize(Decimal("0.01")))
        archive.change("line_items", line["id"], description=f"{line['description']} (edited)")
        bills.update_summary(archive, bill)
        bills.add_up(archive, bill)


def move_wip(archive: Archive, activity: Record, source: str, target: str) -> None:
    """Books an entry's value from one stage to another: unbilled, draft, billed."""
    kind, currency = kind_of(activity), archive.get(activity["currency"])["code"]
    debit, credit = (_stage(stage, kind, currency) for stage in (target, source))
    archive.journal.move(activity["total"], debit, credit)


def _stage(stage: str, kind: str, currency: str) -> Account:
    return ("work billed", kind, currency) if stage == "billed" else ("wip", stage, kind, currency)


def _activities(archive: Archive, bill: Record) -> list[Record]:
    """Returns the entries that this bill, and of split bills the first one, answers for."""
    lines = bills.lines_of(archive, bill)
    found = [archive.get(line["activity"]) for line in lines if line["activity"]]
    return [activity for activity in found if activity["bill"] == Ref("bills", bill["id"])]


def _mark(archive: Archive, bill: Record, billed: bool) -> None:
    for activity in _activities(archive, bill):
        archive.change("activities", activity["id"], billed=billed)


def _take_back(archive: Archive, bill: Record, state: str) -> None:
    source = "billed" if state == "void" else "draft"
    for activity in _activities(archive, bill):
        archive.change("activities", activity["id"], on_bill=False, billed=False, bill=None)
        if state == "void":
            activity["_voided"] = Ref("bills", bill["id"])
        archive.get(activity["matter"])["_unbilled"].append(activity["id"])
        move_wip(archive, activity, source, "unbilled")
    bill["state"] = state
    bill["_open"] = {}
    bills.add_up(archive, bill)


def _book_issue(archive: Archive, bill: Record) -> None:
    """Books what is owed against fees, expenses, tax and discounts of the month of issue."""
    currency, month = archive.get(bill["currency"])["code"], bill["issued_at"].isoformat()[:7]
    journal = archive.journal
    for activity in _activities(archive, bill):
        move_wip(archive, activity, "draft", "billed")
    owed = -bills.bill_discount(bill)
    postings: list[Posting] = [(("bill discount", currency, month), -owed)]
    for line in bills.lines_of(archive, bill):
        kind, off = "fees" if line["kind"] == "Service" else "expenses", bills.line_discount(line)
        tax = line["tax"] + line["secondary_tax"]
        postings.append((("billed", kind, currency, month), -line["sub_total"]))
        postings.append((("line discount", kind, currency, month), off))
        postings.append((("tax", currency, month), -tax))
        owed += line["sub_total"] - off + tax
    journal.post(*postings, (payments.receivable(archive, bill), owed), bill=bill["id"])
    journal.due_dates[bill["id"]] = bill["due_at"]
