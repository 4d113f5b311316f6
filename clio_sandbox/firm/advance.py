"""The kinds of change that every advance of the clock brings, however short it is."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

from . import billing, drafts, payments, work
from .archive import Archive
from .contacts import EMAILS, show_first_emails_and_phones
from .forms import Record
from .people import timekeepers


def stir(archive: Archive, since: datetime) -> None:
    """Makes each kind of change at least once, at the clock's new time, to what was there before."""
    archive.at = archive.until
    _work(archive)
    _delete_an_activity(archive, since)
    for change in (
        _write_an_activity_off,
        _change_a_note,
        _edit_a_draft,
        _approve_an_old_draft,
        _bill_something,
        _pay_an_old_bill,
        _void_an_allocation,
        _clear_custom_values,
        _shrink_custom_values,
        _shrink_emails,
        _finish_a_task,
    ):
        change(archive)


def _work(archive: Archive) -> None:
    """Somebody works, even on a Sunday."""
    for user in timekeepers(archive)[:3]:
        if user["_matters"]:
            matter = archive.records["matters"][archive.random.choice(user["_matters"])]
            work.record_something(archive, user, matter, archive.at.date())


def _delete_an_activity(archive: Archive, since: datetime) -> None:
    newest_first = reversed(archive.records["activities"].values())
    activity = _first(newest_first, lambda activity: activity["created_at"] < since and _is_free(activity))
    if activity:
        work.delete_activity(archive, activity)


def _write_an_activity_off(archive: Archive) -> None:
    activity = _first(_unbilled(archive), lambda activity: activity["total"] > 0)
    if activity and archive.count("write-offs in advance") % 3 == 0:
        work.write_off(archive, activity)


def _change_a_note(archive: Archive) -> None:
    activity = _first(_unbilled(archive), lambda activity: True)
    if activity:
        archive.change("activities", activity["id"], note=f"{activity['note']} (corrected)")


def _edit_a_draft(archive: Archive) -> None:
    bill = _bill(
        archive, lambda bill: bill["state"] in ("draft", "awaiting_approval") and bool(bill["sub_total"])
    )
    if bill:
        billing.edit_line(archive, bill)


def _approve_an_old_draft(archive: Archive) -> None:
    bill = _bill(archive, lambda bill: bill["state"] == "awaiting_approval")
    if bill:
        billing.approve(archive, bill)


def _bill_something(archive: Archive) -> None:
    matter = _first(
        archive.records["matters"].values(),
        lambda m: len(m["_unbilled"]) > 0 and m["_kind"] not in ("split", "several"),
    )
    if matter:
        drafts.bill_matters(archive, [matter])


def _pay_an_old_bill(archive: Archive) -> None:
    bill = _bill(archive, lambda bill: _is_owed(bill) and bill["balance"] > 2)
    if bill:
        payments.pay(archive, [(bill, (bill["balance"] / 2).quantize(Decimal("0.01")))], "Check")


def _void_an_allocation(archive: Archive) -> None:
    allocations = reversed(archive.records["allocations"].values())
    allocation = _first(allocations, lambda a: _is_plain(a) and a["created_at"] < archive.at)
    if allocation:
        payments.void_allocation(archive, allocation)


def _clear_custom_values(archive: Archive) -> None:
    matter = _first(
        archive.records["matters"].values(), lambda matter: len(matter["custom_field_values"]) > 0
    )
    if matter:
        archive.change("matters", matter["id"], custom_field_values=[])


def _shrink_custom_values(archive: Archive) -> None:
    matters = reversed(archive.records["matters"].values())
    matter = _first(matters, lambda matter: len(matter["custom_field_values"]) > 1)
    if matter:
        archive.change("matters", matter["id"], custom_field_values=matter["custom_field_values"][:-1])


def _shrink_emails(archive: Archive) -> None:
    contact = _first(
        archive.records["contacts"].values(), lambda contact: len(contact["email_addresses"]) > 1
    )
    if contact:
        archive.remove(EMAILS, contact["email_addresses"][-1].id)
        contact["email_addresses"] = contact["email_addresses"][:-1]
        show_first_emails_and_phones(archive, contact)
        archive.change("contacts", contact["id"])


def _finish_a_task(archive: Archive) -> None:
    task = _first(archive.records["tasks"].values(), lambda task: task["status"] != "complete")
    if task:
        archive.change("tasks", task["id"], status="complete", completed_at=archive.at)


def _unbilled(archive: Archive) -> Iterable[Record]:
    ids = (id for matter in archive.records["matters"].values() for id in matter["_unbilled"])
    return (archive.records["activities"][id] for id in ids)


def _bill(archive: Archive, fits: Callable[[Record], bool]) -> Record | None:
    bills = archive.records["bills"].values()
    return _first(bills, lambda bill: bill["kind"] in ("revenue_kind", "aggregate_all") and fits(bill))


def _is_free(activity: Record) -> bool:
    """Whether an entry may go: nothing else refers to it."""
    return not (activity.get("_listed") or activity.get("_written_off") or activity["on_bill"])


def _is_owed(bill: Record) -> bool:
    return bill["state"] == "awaiting_payment" and not bill["pending"]


def _is_plain(allocation: Record) -> bool:
    """Whether this is a valid payment made neither online nor from trust."""
    return (
        allocation["voided_at"] is None
        and allocation["parent"]["type"] == "Payment"
        and not allocation["has_online_payment"]
        and allocation["source_bank_account"] is None
    )


def _first(records: Iterable[Record], fits: Callable[[Record], bool]) -> Record | None:
    return next((record for record in records if fits(record)), None)
