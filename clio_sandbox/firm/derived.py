"""Collections that Clio computes from others: what can be billed, who owes, folders with their documents."""

from decimal import Decimal

from .archive import Archive
from .forms import Id, Record, Ref
from .involved import refresh_involved

ZERO = Decimal("0.00")


def refresh(archive: Archive) -> None:
    """Brings the computed collections in line with the records."""
    _refresh_billable(archive)
    _refresh_outstanding(archive)
    _refresh_items(archive)
    refresh_involved(archive)


def _refresh_billable(archive: Archive) -> None:
    matters = archive.records["billable_matters"]
    clients = archive.records["billable_clients"]
    matters.clear()
    clients.clear()
    archive.records["billable_matters/ids"] = matters
    unbilled: dict[Id, list[Record]] = {}
    for activity in archive.records["activities"].values():
        if not (activity["on_bill"] or activity["non_billable"] or activity.get("_written_off")):
            unbilled.setdefault(activity["matter"].id, []).append(activity)
    for id, activities in sorted(unbilled.items()):
        if id in archive.records["matters"]:
            matters[id] = _billable_matter(archive, archive.records["matters"][id], activities)
    by_client: dict[Id, list[Record]] = {}
    for row in matters.values():
        if row["client"].id in archive.records["contacts"]:
            by_client.setdefault(row["client"].id, []).append(row)
    for id, rows in sorted(by_client.items()):
        clients[id] = archive.part(
            "BillableClient",
            id=id,
            name=archive.records["contacts"][id]["name"],
            billable_matters=[Ref("billable_matters", row["id"]) for row in rows],
            billable_matters_count=len(rows),
            **{name: sum((row[name] for row in rows), ZERO) for name in _FIGURES},
        )


_FIGURES = ("unbilled_hours", "unbilled_amount", "amount_in_trust")


def _billable_matter(archive: Archive, matter: Record, activities: list[Record]) -> Record:
    currency = archive.get(matter["currency"])
    return archive.part(
        "BillableMatter",
        id=matter["id"],
        client=matter["client"],
        display_number=matter["display_number"],
        currency_code=currency["code"],
        currency_id=currency["id"],
        unbilled_hours=sum((a["rounded_quantity_in_hours"] or ZERO for a in activities), ZERO),
        unbilled_amount=sum((a["total"] for a in activities), ZERO),
        amount_in_trust=sum((b["balance"] for b in matter["account_balances"] if b["type"] == "Trust"), ZERO),
    )


def _refresh_outstanding(archive: Archive) -> None:
    owed: dict[tuple[Id, Id], list[Record]] = {}
    for bill in archive.records["bills"].values():
        if bill["state"] == "awaiting_payment" and bill["kind"] != "trust_kind":
            owed.setdefault((bill["client"].id, bill["currency"].id), []).append(bill)
    table = archive.records["outstanding_client_balances"]
    known = {(row["contact"].id, row["currency"].id): row for row in table.values()}
    for key in [key for key in known if key not in owed]:
        archive.remove("outstanding_client_balances", known[key]["id"])
    last_payments = _last_payments(archive)
    for (client, currency), bills in sorted(owed.items()):
        figures = {
            "contact": Ref("contacts", client),
            "currency": Ref("currencies", currency),
            "associated_matter_ids": sorted({matter.id for bill in bills for matter in bill["matters"]}),
            "last_payment_date": last_payments.get(client),
            "newest_issued_bill_due_date": max(bill["due_at"] for bill in bills),
            "outstanding_bills": [Ref("bills", bill["id"]) for bill in bills],
            "pending_payments_total": sum((bill["pending"] for bill in bills), ZERO),
            "total_outstanding_balance": sum((bill["balance"] for bill in bills), ZERO),
            "reminders_enabled": True,
        }
        row = known.get((client, currency))
        if row is None:
            archive.add("outstanding_client_balances", **figures)
        elif any(row[name] != value for name, value in figures.items()):
            archive.change("outstanding_client_balances", row["id"], **figures)


def _last_payments(archive: Archive) -> dict[Id, object]:
    last: dict[Id, object] = {}
    for allocation in archive.records["allocations"].values():
        if allocation["voided_at"] is None and allocation["parent"]["type"] == "Payment":
            last[allocation["contact"].id] = max(
                allocation["date"], last.get(allocation["contact"].id, allocation["date"])
            )
    return last


def _refresh_items(archive: Archive) -> None:
    items = archive.records["folders/list"]
    items.clear()
    for collection in ("folders", "documents"):
        for id, record in archive.records[collection].items():
            item = archive.part("Item", id=id)
            items[id] = item | {name: record[name] for name in item if name in record}
