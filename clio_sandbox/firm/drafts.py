"""Drafts: drawn up each month from unbilled work, and looked over before they are issued."""

import functools
import uuid
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from . import billing, bills, outcomes
from .archive import Archive
from .forms import Id, Record, Ref

BILLING_DAY = 28

# What happens to the nth draft before it is approved: each in turn, so that each occurs in every firm.
REVIEWS = (
    "nothing",
    "edit a line",
    "nothing",
    "discount a line by rate",
    "discount the bill by rate",
    "nothing",
    "delete the draft",
    "add a line by hand",
    "discount a line by money",
    "summary",
    "discount services by money",
    "nothing",
    "void later",
    "wait",
)


def is_billing_day(day: date) -> bool:
    return day.day == BILLING_DAY


def bill_the_month(archive: Archive) -> None:
    """Draws up bills for all matters with unbilled work; one bill for matters that are billed together."""
    together: dict[Id, list[Record]] = {}
    for matter in archive.all("matters"):
        if not matter["_unbilled"]:
            continue
        if matter["_kind"] == "several":
            together.setdefault(matter["client_id"], []).append(matter)
        elif matter["_kind"] == "split":
            _split_bill(archive, matter)
        else:
            bill_matters(archive, [matter])
    for matters in together.values():
        bill_matters(archive, matters)
    if archive.count("billing runs") % 2 == 0:
        _bill_client_without_matter(archive)


def bill_matters(archive: Archive, matters: list[Record]) -> Record:
    """Files a draft with all unbilled work of the matters and plans what becomes of it."""
    activities = _take_unbilled(archive, matters)
    kind = "aggregate_all" if len(matters) > 1 else "revenue_kind"
    bill = bills.start_bill(
        archive,
        matters[0]["client"],
        matters,
        matters[0]["currency"],
        kind=kind,
        start_at=min(a["date"] for a in activities),
        original_bill=next((a["_voided"] for a in activities if "_voided" in a), None),
    )
    for activity in activities:
        bills.add_activity(archive, bill, activity)
    _put_on(archive, activities, bill)
    _plan_review(archive, bill)
    return bill


def _split_bill(archive: Archive, matter: Record) -> None:
    """Draws up one bill per payer; together they cover the work once."""
    activities = _take_unbilled(archive, [matter])
    connection = str(uuid.UUID(int=archive.random.getrandbits(128), version=4))
    made: list[Record] = []
    for payer in matter["split_invoice_payers"]:
        client = Ref("contacts", payer["contact_id"])
        made.append(bills.start_bill(archive, client, [matter], matter["currency"], kind="aggregate_split"))
        made[-1]["split_invoice"] = archive.part(
            "SplitInvoice_base",
            bill_id=made[0]["id"],
            split_connection_id=connection,
            split_portion=payer["split_portion"],
        )
    for activity in activities:
        first = bills.add_activity(archive, made[0], activity, Decimal("0.6"))
        _add_rest(archive, made[1], activity, first)
    for bill in made:
        bill["split_invoice"]["linked_invoices_ids"] = [other["id"] for other in made if other is not bill]
        bill["split_invoice"]["linked_invoices_display_numbers"] = [
            other["number"] for other in made if other is not bill
        ]
    _put_on(archive, activities, made[0])
    bills.add_up(archive, made[1])
    for bill in made:
        archive.plan(5, functools.partial(_issue, archive, bill, "nothing"))


def _add_rest(archive: Archive, bill: Record, activity: Record, first: Record) -> None:
    """Puts on the second split bill what the first has left of an entry."""
    rest = bills.add_activity(archive, bill, activity)
    quantity, price = rest["quantity"], rest["price"]
    if first["quantity"] != quantity:
        quantity -= first["quantity"]
    else:
        price -= first["price"]
    bills.value_line(bill, rest, quantity, price)


def _bill_client_without_matter(archive: Archive) -> None:
    clients = [contact for contact in archive.all("contacts") if contact["is_client"]]
    client = clients[archive.count("bills without a matter") * 7 % len(clients)]
    currency = Ref("currencies", archive.all("currencies")[0]["id"])
    bill = bills.start_bill(archive, Ref("contacts", client["id"]), [], currency)
    for word, price in (
        ("Annual retainer fee", Decimal("500.00")),
        ("Storage of documents", Decimal("35.50")),
    ):
        bills.add_line(
            archive,
            bill,
            Decimal(1),
            price,
            type="LineItem",
            kind="Service" if price > 100 else "Expense",
            matter=None,
            user=bill["user"],
            date=archive.at.date(),
            description=word,
        )
    bills.add_up(archive, bill)
    archive.plan(4, functools.partial(_issue, archive, bill, "nothing"))


def _take_unbilled(archive: Archive, matters: list[Record]) -> list[Record]:
    return [archive.records["activities"][id] for matter in matters for id in matter["_unbilled"]]


def _put_on(archive: Archive, activities: list[Record], bill: Record) -> None:
    """Marks entries as being on a draft."""
    for activity in activities:
        archive.get(activity["matter"])["_unbilled"].remove(activity["id"])
        archive.change(
            "activities", activity["id"], on_bill=True, bill=Ref("bills", bill["id"]), _listed=True
        )
        billing.move_wip(archive, activity, "unbilled", "draft")
    bills.add_up(archive, bill)


def _plan_review(archive: Archive, bill: Record) -> None:
    review = REVIEWS[archive.count("reviews") % len(REVIEWS)]
    waits = 20 if review == "wait" else 5
    archive.plan(1, functools.partial(_review, archive, bill, review))
    archive.plan(2, functools.partial(_ask_for_approval, archive, bill))
    if review == "delete the draft":
        archive.plan(3, functools.partial(billing.delete, archive, bill))
    if review == "void later":
        archive.plan(9, functools.partial(billing.void, archive, bill))
    archive.plan(waits, functools.partial(_issue, archive, bill, review))


def _review(archive: Archive, bill: Record, review: str) -> None:
    if bill["state"] != "draft":
        return
    changes: dict[str, Callable[[], None]] = {
        "edit a line": functools.partial(billing.edit_line, archive, bill),
        "discount a line by rate": functools.partial(
            _discount_line, archive, bill, "percentage", Decimal("12.5")
        ),
        "discount a line by money": functools.partial(
            _discount_line, archive, bill, "money", Decimal("40.00")
        ),
        "discount the bill by rate": functools.partial(
            _discount_bill, archive, bill, "percentage", Decimal("10.0"), "false"
        ),
        "discount services by money": functools.partial(
            _discount_bill, archive, bill, "money", Decimal("75.00"), "true"
        ),
        "add a line by hand": functools.partial(_add_by_hand, archive, bill),
        "summary": functools.partial(bills.add_summary, archive, bill),
    }
    if review in changes:
        changes[review]()
        bills.add_up(archive, bill)


def _ask_for_approval(archive: Archive, bill: Record) -> None:
    if bill["state"] == "draft":
        bill["state"] = "awaiting_approval"
        bills.add_up_payments(archive, bill)


def _issue(archive: Archive, bill: Record, review: str) -> None:
    billing.approve(archive, bill)
    if bill["state"] == "awaiting_payment" and review != "void later":
        outcomes.expect(archive, bill)


def _discount_line(archive: Archive, bill: Record, kind: str, rate: Decimal) -> None:
    line = bills.lines_of(archive, bill)[0]
    archive.change(
        "line_items",
        line["id"],
        discount=archive.part("Discount_base", rate=rate, type=kind, note="courtesy"),
    )
    bills.value_line(bill, line, line["quantity"], line["price"])


def _discount_bill(archive: Archive, bill: Record, kind: str, rate: Decimal, services_only: str) -> None:
    bill["discount"] = archive.part(
        "Discount_base", rate=rate, type=kind, note="as agreed", early_payment_rate=2, early_payment_period=10
    )
    bill["discount_services_only"] = services_only


def _add_by_hand(archive: Archive, bill: Record) -> None:
    matter = bill["matters"][0] if bill["matters"] else None
    bills.add_line(
        archive,
        bill,
        Decimal(1),
        Decimal("125.00"),
        type="LineItem",
        kind="Service",
        matter=matter,
        user=bill["user"],
        date=archive.at.date(),
        description="Administrative fee",
        note="",
    )
