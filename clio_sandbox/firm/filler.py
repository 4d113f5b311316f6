"""Plausible values by type, for the collections that nothing else in the firm fills."""

from datetime import date, timedelta
from decimal import Decimal

from .archive import Archive
from .forms import Field, Id, Record, Ref, collection_of, collections, fields_of

# Collections that stay empty in every firm: empty ones must load too.
LEFT_EMPTY = ("clio_file/submissions_reports", "custom_actions", "damages")
ONE_ROW = (
    "settings/billing",
    "timer",
    "users/who_am_i",
    "internal_notifications/event_metrics",
    "matters/{matter_id}/client",
)
ROWS = 4
# Collections that are computed from others, and records that only money decides.
NOT_OURS = (
    "billable_matters",
    "billable_matters/ids",
    "billable_clients",
    "outstanding_client_balances",
    "folders/list",
    "line_items",
    "allocations",
    "bank_transactions",
    "credit_memos",
    "interest_charges",
    "clio_payments/payments",
)


def fill_the_rest(archive: Archive) -> None:
    """Gives every collection that is still empty a few rows."""
    for path, form in collections().items():
        if not archive.records[path] and _is_ours(path):
            for number in range(1 if path in ONE_ROW else ROWS):
                _add_filled(archive, path, form, number)


def fill_unused_parts(archive: Archive) -> None:
    """Gives every nested part that no record of a collection has to two of its records."""
    for path, form in collections().items():
        for name, kind in fields_of(form).items():
            records = archive.records[path]
            if _is_nested(kind) and _is_ours(path) and not any(row[name] for row in records.values()):
                for key in list(records)[:3:2]:
                    _change(archive, path, key, name, _value(archive, name, kind, 1))


def filled(archive: Archive, form: str, number: int) -> Record:
    """Returns a part in which every field has a plausible value."""
    record = archive.part(form)
    for name, kind in fields_of(form).items():
        if name not in ("id", "etag", "created_at", "updated_at"):
            record[name] = _value(archive, name, kind, number)
    return record


def _add_filled(archive: Archive, path: str, form: str, number: int) -> None:
    record = filled(archive, form, number)
    if path == "lauk_expense_categories":  # Clio: asked for the region London, it shows another rate
        record["_london_rate"] = record["rate"] + 10
    if "id" not in record:  # a few collections have no ids in the specification
        archive.records[path][number + 1] = record
        return
    archive.records[path][record["id"]] = record


def _is_ours(path: str) -> bool:
    return path not in (*LEFT_EMPTY, *NOT_OURS, "users/who_am_i") and not path.startswith("matters/")


def _is_nested(kind: Field) -> bool:
    return isinstance(kind, dict) and bool(kind.get("object") or kind.get("list"))


def _change(archive: Archive, path: str, key: Id, name: str, value: object) -> None:
    if value is not None:
        archive.change(path, key, **{name: value})


def _value(archive: Archive, name: str, kind: Field, number: int) -> object:
    if isinstance(kind, str):
        return _scalar(archive, name, kind, number)
    if "enum" in kind:
        return kind["enum"][number % len(kind["enum"])]
    nested = kind.get("object") or kind.get("list")
    found = _nested(archive, nested, number)
    if "list" in kind:
        return [] if found is None or number == 0 else [found]
    return found


def _nested(archive: Archive, form: str | None, number: int) -> object:
    if form is None:
        return None
    if form in ("string", "integer"):
        return number if form == "integer" else f"value {number}"
    home = collection_of(form)
    if home and archive.records[home]:
        record = archive.get(archive.one(home))
        record["_listed"] = True  # what is referred to is not deleted
        return Ref(home, record["id"])
    if home:
        return None
    return filled(archive, form, number)


def _scalar(archive: Archive, name: str, kind: str, number: int) -> object:
    if kind == "integer":
        return number + 1
    if kind == "number":
        return Decimal(archive.random.randrange(100, 99999)) / 100
    if kind == "boolean":
        return number % 2 == 0
    if kind == "date":
        return date(2026, 1, 31) + timedelta(days=30 * number)
    if kind == "timestamp":
        return None if name.endswith("deleted_at") else archive.at - timedelta(hours=number)
    return f"{name.replace('_', ' ')} {number}" if number % 3 else f"{name} — “{number}”"
