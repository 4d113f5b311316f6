"""Work and expenses: entries as they are written down, valued, changed and written off."""

import functools
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from .archive import Archive
from .forms import Id, Record, Ref
from .matters import currency_code
from .names import AWKWARD_NOTES, WORK_DONE

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
UNIT_SECONDS = 360  # the firm rounds up to six minutes


def work_a_day(archive: Archive, day: date, entries: int) -> None:
    """Every user who is there works on some of his matters."""
    for user in archive.records["users"].values():
        if user["enabled"] and user["_matters"]:
            archive.pass_time()
            for _ in range(archive.random.randint(0 if entries < 5 else 1, entries)):
                matter = archive.records["matters"][archive.random.choice(user["_matters"])]
                record_something(archive, user, matter, day)


def record_something(archive: Archive, user: Record, matter: Record, day: date) -> Record:
    """Files a time entry or, in turn, one of the rarer kinds."""
    turn = archive.count("work")
    if turn % 50 == 49:
        day -= timedelta(days=1 + turn % 4)  # written down some days late
    if turn % 9 == 4:
        return record_expense(archive, user, matter, day)
    return record_time(archive, user, matter, day)


def record_time(archive: Archive, user: Record, matter: Record, day: date) -> Record:
    turn = archive.count("time")
    description = _description(archive, turn)
    seconds = 36 * archive.random.randint(3, 420)
    flat = (matter["_kind"] == "flat" and turn % 5 == 0) or (
        description["_rate"] is not None and description["name"] != "Travel"
    )
    price = _flat_price(matter, description) if flat else price_of(user, matter, description)
    rounded = -(-seconds // UNIT_SECONDS) * UNIT_SECONDS
    value = price if flat else _worth(rounded, price)
    return _file(
        archive,
        matter,
        value,
        type="TimeEntry",
        non_billable=not matter["billable"] or turn % 12 == 7,
        no_charge=matter["billable"] and turn % 36 == 19,
        date=day,
        user=Ref("users", user["id"]),
        activity_description=Ref("activity_descriptions", description["id"]) if turn % 6 else None,
        flat_rate=flat,
        price=price,
        quantity=_number(seconds),
        quantity_in_hours=_hours(seconds),
        rounded_quantity=_number(rounded),
        rounded_quantity_in_hours=_hours(rounded),
        note=_note(archive, turn),
        contingency_fee=matter["billing_method"] == "contingency",
    )


def record_expense(archive: Archive, user: Record, matter: Record, day: date) -> Record:
    turn = archive.count("expenses")
    kind = ("ExpenseEntry", "HardCostEntry", "SoftCostEntry")[turn % 3]
    wanted = {"ExpenseEntry": "expense", "HardCostEntry": "hard_cost", "SoftCostEntry": "soft_cost"}[kind]
    fitting = [c for c in archive.records["expense_categories"].values() if c["entry_type"] == wanted]
    category = fitting[turn % len(fitting)]
    price = (
        Decimal(category["rate"]) if category["rate"] else Decimal(archive.random.randint(500, 90000)) / 100
    )
    quantity = None if kind == "HardCostEntry" else _number(archive.random.randint(1, 12))
    return _file(
        archive,
        matter,
        _in_cents(price * (quantity or 1)),
        type=kind,
        non_billable=not matter["billable"] or turn % 20 == 11,
        date=day,
        user=Ref("users", user["id"]),
        expense_category=Ref("expense_categories", category["id"]),
        utbms_expense=category["utbms_code"],
        price=_in_cents(price),
        quantity=quantity,
        rounded_quantity=quantity,
        note=_note(archive, turn),
        reference=f"Cheque {turn:05}" if kind == "HardCostEntry" else None,
        vendor=archive.one("contacts") if kind == "HardCostEntry" and turn % 2 else None,
        tax_setting=category["tax_setting"],
    )


def price_of(user: Record, matter: Record, description: Record) -> Decimal:
    """Returns the hourly rate: of the matter, else the client, else the category, else the user."""
    rate: Decimal = (
        matter["_rates"].get(user["id"]) or matter.get("_client_rate") or description["_rate"] or user["rate"]
    )
    return rate


def write_off(archive: Archive, activity: Record) -> None:
    """Gives up an unbilled entry; it keeps its value, and only a filter of Clio's can find it."""
    archive.change("activities", activity["id"], _written_off=archive.at.date())
    matter = archive.get(activity["matter"])
    matter["_unbilled"].remove(activity["id"])
    kind, currency = kind_of(activity), currency_code(archive, matter)
    month = archive.at.date().isoformat()[:7]
    archive.journal.move(
        activity["total"], ("written off", currency, month), ("wip", "unbilled", kind, currency)
    )


def delete_activity(archive: Archive, activity: Record) -> None:
    """Deletes an entry that is on no bill and that nothing refers to."""
    matter = archive.get(activity["matter"])
    if activity["id"] in matter["_unbilled"]:
        matter["_unbilled"].remove(activity["id"])
    archive.remove("activities", activity["id"])
    _book(archive, activity, matter, -1)


def kind_of(activity: Record) -> str:
    return "fees" if activity["type"] == "TimeEntry" else "expenses"


def _file(archive: Archive, matter: Record, value: Decimal, **values: object) -> Record:
    non_billable = values["non_billable"] or values.get("no_charge", False)
    values["non_billable"] = non_billable  # what is shown without charge is not billable either
    activity = archive.add(
        "activities",
        matter=Ref("matters", matter["id"]),
        currency=matter["currency"],
        total=ZERO if non_billable else value,
        non_billable_total=value if non_billable else ZERO,
        **values,
    )
    _book(archive, activity, matter, 1)
    if not non_billable or activity["no_charge"]:
        matter["_unbilled"].append(activity["id"])
    if matter["last_activity_date"] is None or matter["last_activity_date"] < activity["date"]:
        archive.change("matters", matter["id"], last_activity_date=activity["date"])
    return activity


def _book(archive: Archive, activity: Record, matter: Record, sign: int) -> None:
    currency = currency_code(archive, matter)
    kind, month = kind_of(activity), activity["date"].isoformat()[:7]
    if not activity["non_billable"]:
        archive.journal.move(
            sign * activity["total"], ("wip", "unbilled", kind, currency), ("worked", kind, currency, month)
        )
    if kind == "fees":
        hours = sign * activity["rounded_quantity_in_hours"]
        user: Id = activity["user"].id
        archive.journal.move(hours, ("hours worked", user, month), ("hours",))
        if not activity["non_billable"]:
            archive.journal.move(hours, ("hours billable", user, month), ("hours",))


def _description(archive: Archive, turn: int) -> Record:
    descriptions = archive.records["activity_descriptions"]
    if turn % 40 == 23:
        place = 5  # a package with a fixed price
    elif turn % 11 == 3:
        place = 4  # travel, at a rate of its own
    else:
        place = archive.random.randrange(4)
    return list(descriptions.values())[place]


def _flat_price(matter: Record, description: Record) -> Decimal:
    price: Decimal = description["_rate"] or Decimal("2400.00")
    return price


def _note(archive: Archive, turn: int) -> str:
    return (
        AWKWARD_NOTES[turn // 30 % len(AWKWARD_NOTES)] if turn % 30 == 9 else archive.random.choice(WORK_DONE)
    )


def _in_cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


# The same few numbers occur again and again: each is made once.
@functools.lru_cache(maxsize=10_000)
def _number(value: int) -> Decimal:
    return Decimal(value)


@functools.lru_cache(maxsize=10_000)
def _hours(seconds: int) -> Decimal:
    return (Decimal(seconds) / 3600).quantize(CENT)


@functools.lru_cache(maxsize=100_000)
def _worth(seconds: int, price: Decimal) -> Decimal:
    return _in_cents(Decimal(seconds) / 3600 * price)
