"""Bills: drawn up from unbilled work, edited, and always added up again (statements 5 to 11)."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from .archive import Archive
from .bank import account_for
from .forms import Id, Record, Ref
from .work import kind_of

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
SUMMED = ("quantity", "price", "sub_total", "total", "tax", "secondary_tax")
TRANSITIONS = {
    "draft": ["awaiting_approval", "awaiting_payment", "deleted"],
    "awaiting_approval": ["draft", "awaiting_payment", "deleted"],
    "awaiting_payment": ["draft", "void"],
    "paid": [],
    "void": [],
    "deleted": [],
}
TAX_RATES = {"USD": (Decimal("8.25"), ZERO), "CAD": (Decimal("5.0"), Decimal("7.0"))}


def start_bill(
    archive: Archive, client: Ref, matters: list[Record], currency: Ref, **values: object
) -> Record:
    """Files an empty draft."""
    number = archive.count("bills") + 1
    code = archive.get(currency)["code"]
    tax_rate, secondary_tax_rate = TAX_RATES[code]
    leader = matters[0]["responsible_attorney"] if matters else archive.one("users")
    themes = archive.all("bill_themes")
    defaults = {
        "type": "MatterBill" if matters else "ClientBill",
        "kind": "revenue_kind",
        "start_at": (archive.at.date() - timedelta(days=30)),
        "end_at": archive.at.date(),
    }
    return archive.add(
        "bills",
        number=f"{number:05}" if number % 9 else f"INV-{number}/é",
        state="draft",
        client=client,
        matters=[Ref("matters", matter["id"]) for matter in matters],
        currency=currency,
        user=leader,
        group=matters[0]["group"] if matters else None,
        bill_theme=Ref("bill_themes", themes[number % 2]["id"]),
        billing_setting=Ref("settings/billing", archive.all("settings/billing")[0]["id"]),
        destination_account=Ref("bank_accounts", account_for(archive, "Operating", code)["id"]),
        client_addresses=archive.get(client)["addresses"][:1],
        tax_rate=tax_rate,
        secondary_tax_rate=secondary_tax_rate,
        subject="" if number % 4 else "Professional services",
        memo="Thank you.\nPlease pay within 30 days." if number % 2 else None,
        purchase_order=f"PO-{number}" if number % 5 == 0 else None,
        discount=archive.part("Discount_base", rate=ZERO, type="percentage"),
        discount_services_only="false",
        interest=_interest_terms(archive, number),
        pending=ZERO,
        _lines=[],
        _allocations=[],
        _open={},
        **defaults | values,
    )


def add_activity(archive: Archive, bill: Record, activity: Record, share: Decimal = Decimal(1)) -> Record:
    """Puts an entry on a bill, or its share on a split one."""
    fees = kind_of(activity) == "fees"
    hours = (
        activity["rounded_quantity_in_hours"] if fees and not activity["flat_rate"] else activity["quantity"]
    )
    quantity = Decimal(1) if hours is None or activity["flat_rate"] else hours
    price = activity["price"]
    if share != 1:
        quantity, price = (
            (_cents(quantity * share), price)
            if fees and not activity["flat_rate"]
            else (quantity, _cents(price * share))
        )
    return add_line(
        archive,
        bill,
        quantity,
        price,
        activity=Ref("activities", activity["id"]),
        matter=activity["matter"],
        user=activity["user"],
        date=activity["date"],
        kind="Service" if fees else "Expense",
        type="NoChargeLineItem" if activity["no_charge"] else "ActivityLineItem",
        note=activity["note"],
        description=activity["note"] or "Services",
    )


def add_line(archive: Archive, bill: Record, quantity: Decimal, price: Decimal, **values: object) -> Record:
    """Files a line; taxes follow from its kind and the bill's rates."""
    line = archive.add("line_items", bill=Ref("bills", bill["id"]), **values)
    line["group_ordering"] = len(bill["_lines"])
    line["taxable"] = line["kind"] == "Expense" or bill["secondary_tax_rate"] > 0
    line["secondary_taxable"] = line["kind"] == "Service" and bill["secondary_tax_rate"] > 0
    value_line(bill, line, quantity, price)
    bill["_lines"].append(line["id"])
    return line


def value_line(bill: Record, line: Record, quantity: Decimal, price: Decimal) -> None:
    """Works a line's money out again; a line without charge is worth nothing."""
    line["quantity"], line["price"] = quantity, price
    line["sub_total"] = ZERO if line["type"] == "NoChargeLineItem" else _cents(quantity * price)
    net = line["sub_total"] - line_discount(line)
    line["tax"] = _cents(net * bill["tax_rate"] / 100) if line["taxable"] else ZERO
    line["secondary_tax"] = (
        _cents(net * bill["secondary_tax_rate"] / 100) if line["secondary_taxable"] else ZERO
    )
    line["total"] = net + line["tax"] + line["secondary_tax"]


def line_discount(line: Record) -> Decimal:
    """Returns what a line's discount takes off its sub-total."""
    discount = line["discount"]
    if discount is None:
        return ZERO
    off = discount["rate"] if discount["type"] == "money" else line["sub_total"] * discount["rate"] / 100
    sub_total: Decimal = line["sub_total"]
    return min(_cents(off), sub_total)


def bill_discount(bill: Record) -> Decimal:
    """Returns what the bill's own discount takes off."""
    discount = bill["discount"]
    base: Decimal = (
        bill["services_sub_total"] if bill["discount_services_only"] == "true" else bill["sub_total"]
    )
    off = discount["rate"] if discount["type"] == "money" else base * discount["rate"] / 100
    return min(_cents(off), base)


def lines_of(archive: Archive, bill: Record) -> list[Record]:
    """Returns the lines that count."""
    lines = (archive.records["line_items"][id] for id in bill["_lines"])
    return [line for line in lines if line["type"] != "SummaryLineItem"]


def add_summary(archive: Archive, bill: Record) -> None:
    """Shows all services of a bill as one line; the lines behind it stay."""
    lines = [line for line in lines_of(archive, bill) if line["kind"] == "Service"]
    if lines:
        summary = archive.add(
            "line_items",
            bill=Ref("bills", bill["id"]),
            type="SummaryLineItem",
            kind="Service",
            matter=lines[0]["matter"],
            date=lines[-1]["date"],
            description="All services",
        )
        bill["_lines"].append(summary["id"])
        update_summary(archive, bill)


def update_summary(archive: Archive, bill: Record) -> None:
    """Brings a bill's summary line, if it has one, in line with the services behind it."""
    lines = [line for line in lines_of(archive, bill) if line["kind"] == "Service"]
    sums = {name: sum((line[name] for line in lines), ZERO) for name in SUMMED}
    for id in bill["_lines"]:
        if archive.records["line_items"][id]["type"] == "SummaryLineItem":
            totals = {name: sums[name] for name in ("quantity", "price", "sub_total", "total")}
            included = archive.part("LineItemTotals_base", discount_percent=ZERO, **totals)
            archive.change("line_items", id, included_line_item_totals=included, **sums)


def add_up(archive: Archive, bill: Record) -> None:
    """Works all money of a bill out again from its lines and allocations, and stamps it."""
    lines = lines_of(archive, bill)
    _sum_lines(bill, lines)
    amounts: dict[Id, Decimal] = {ref.id: ZERO for ref in bill["matters"] or [bill["client"]]}
    for line in lines:
        amounts[line["matter"].id if line["matter"] else bill["client"].id] += line["total"]
    bill["_amounts"] = amounts
    add_up_payments(archive, bill)


def add_up_payments(archive: Archive, bill: Record) -> None:
    """Works out what is due, paid and open, the lines being as they were, and stamps the bill."""
    bill["total"] = bill["sub_total"] + bill["total_tax"] + bill["interest"]["total"]
    bill["due"] = bill["total"] - bill_discount(bill)
    bill["paid"] = bill["credits_issued"] = interest_paid = ZERO
    for id in bill["_allocations"]:
        allocation = archive.records["allocations"][id]
        if allocation["voided_at"] is None:
            name = "credits_issued" if allocation["parent"]["type"] == "CreditMemo" else "paid"
            bill[name] += allocation["amount"]
            interest_paid += allocation["amount"] if allocation["interest"] else ZERO
    bill["interest"]["balance"] = bill["interest"]["total"] - interest_paid
    bill["balance"] = bill["due"] - bill["paid"] - bill["credits_issued"]
    if bill["state"] in ("void", "deleted"):
        bill["balance"] = ZERO
    bill["available_state_transitions"] = list(TRANSITIONS[bill["state"]])
    bill["can_update"] = bill["state"] in ("draft", "awaiting_approval")
    _spread_over_matters(bill)
    archive.change("bills", bill["id"])


def spread(amount: Decimal, weights: list[Decimal]) -> list[Decimal]:
    """Divides an amount in proportion, in cents, without remainder: the last part takes the difference."""
    whole = sum(weights, ZERO)
    parts = [_cents(amount * weight / whole) if whole else ZERO for weight in weights[:-1]]
    return [*parts, amount - sum(parts, ZERO)]


def _sum_lines(bill: Record, lines: list[Record]) -> None:
    for prefix, kinds in (("", ("Service", "Expense")), ("services_", ("Service",))):
        sub_total = taxable = secondary_taxable = tax = secondary_tax = ZERO
        for line in lines:
            if line["kind"] in kinds:
                net = line["total"] - line["tax"] - line["secondary_tax"]
                sub_total += net
                taxable += net if line["taxable"] else ZERO
                secondary_taxable += net if line["secondary_taxable"] else ZERO
                tax += line["tax"]
                secondary_tax += line["secondary_tax"]
        bill[prefix + "sub_total"] = sub_total
        bill[prefix + "taxable_sub_total"] = _whole(taxable)
        bill[prefix + "secondary_taxable_sub_total"] = _whole(secondary_taxable)
        names = ("services_tax", "services_secondary_tax") if prefix else ("tax_sum", "secondary_tax_sum")
        bill[names[0]], bill[names[1]] = tax, secondary_tax
    bill["total_tax"] = bill["tax_sum"] + bill["secondary_tax_sum"]


def _spread_over_matters(bill: Record) -> None:
    owners, amounts = list(bill["_amounts"]), list(bill["_amounts"].values())
    kind = "Matter" if bill["matters"] else "Client"
    interests = spread(bill["interest"]["total"], amounts)
    discounts = spread(bill["total"] - bill["due"], amounts)
    bill["balances"] = [
        {
            "id": owner,
            "type": kind,
            "amount": amount + interest,
            "due": amount + interest - discount,
            "interest_amount": interest,
        }
        for owner, amount, interest, discount in zip(owners, amounts, interests, discounts, strict=True)
    ]
    bill["matter_totals"] = [
        {"id": row["id"], "amount": row["amount"]} for row in bill["balances"] if bill["matters"]
    ]


def _interest_terms(archive: Archive, number: int) -> Record:
    kind = "simple" if number % 2 else "compound"
    rate = Decimal("12.0") if number % 3 else ZERO
    return archive.part("Interest_base", balance=ZERO, total=ZERO, period=30, rate=rate, type=kind)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
