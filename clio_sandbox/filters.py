"""Filters of a list: each parameter as a test on a record.

A filter that Clio knows and the sandbox does not imitate answers 501; none is ever ignored.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clio_sandbox.catalog import Catalog, Endpoint, Field
from clio_sandbox.errors import not_imitated
from clio_sandbox.firm import Record
from clio_sandbox.parameters import Query, Value

Test = Callable[[Record], bool]

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(slots=True)
class Unsettled:
    """What Clio's documents leave open about lists; the defaults are our reading."""

    updated_since_inclusive: bool = False
    """Clio: "after a specific time"."""
    deleted_custom_fields_listed: bool = True
    deleted_bills_listed: bool = True
    disabled_users_listed: bool = True


def tests_for(catalog: Catalog, endpoint: Endpoint, query: Query, unsettled: Unsettled) -> list[Test]:
    """Returns the tests that a record must pass to be on the list."""
    shape = catalog.records[endpoint.record]
    tests = []
    for name, values in query.filters.items():
        test = _special(endpoint, name, values) or _by_name(shape, endpoint, name, values, unsettled)
        if test is None:
            raise not_imitated(f"the filter {name} of {endpoint.path}")
        tests.append(test)
    return tests + list(_unasked(endpoint, query, unsettled))


def _unasked(endpoint: Endpoint, query: Query, unsettled: Unsettled) -> Iterable[Test]:
    """What a list leaves out unless a parameter says otherwise."""
    asked = query.filters
    if "include_deleted" in endpoint.parameters and asked.get("include_deleted") != [True]:
        yield is_not_trashed
    if (
        endpoint.path == "custom_fields"
        and "deleted" not in asked
        and not unsettled.deleted_custom_fields_listed
    ):
        yield lambda record: not record["deleted"]
    if endpoint.path == "bills" and "state" not in asked and not unsettled.deleted_bills_listed:
        yield lambda record: record["state"] != "deleted"
    if endpoint.path == "users" and "enabled" not in asked and not unsettled.disabled_users_listed:
        yield lambda record: bool(record["enabled"])


def is_not_trashed(record: Record) -> bool:
    """True for a document or folder that is not in the trash."""
    return record.get("deleted_at") is None


def _by_name(
    shape: Mapping[str, Field], endpoint: Endpoint, name: str, values: list[Value], unsettled: Unsettled
) -> Test | None:
    value = values[0]
    if name == "matter_id" and endpoint.path == "practice_areas":  # it hides areas by the matter's activities
        return None
    if name in ("ids[]", "exclude_ids[]"):
        ids = {str(v) for v in values}
        return lambda record: (str(record["id"]) in ids) == (name == "ids[]")
    if name in ("created_since", "updated_since"):
        inclusive = unsettled.updated_since_inclusive
        return _since(name.replace("_since", "_at"), value, inclusive)
    if name.endswith("_id"):
        return _has_id(shape, name, value)
    for suffix, sign in (("_after", ">"), ("_before", "<")):
        stem = name.removesuffix(suffix) + "_at"
        if name.endswith(suffix) and stem in shape:
            return _compared(stem, sign, value)
    field = shape.get(name)
    if field is None or field.kind != "scalar" or endpoint.parameters[name].type != field.type:
        return None
    if endpoint.parameters[name].enum:
        return _enum(field, endpoint.parameters[name].enum, values)
    return _compared(name, "=", value)


def _special(endpoint: Endpoint, name: str, values: list[Value]) -> Test | None:
    """Returns the test for a filter whose name does not tell its meaning."""
    make = _SPECIAL.get((endpoint.path, name))
    return make(values) if make else None


def _dates(field: str) -> Callable[[list[Value]], Test]:
    def make(limits: list[Value]) -> Test:
        tests = [_compared(field, limit[0], limit[1]) for limit in limits if isinstance(limit, tuple)]
        return lambda record: all(test(record) for test in tests)

    return make


def _everything(_: list[Value]) -> Test:
    return lambda _: True


_SPECIAL: Mapping[tuple[str, str], Callable[[list[Value]], Test | None]] = {
    ("activities", "status"): lambda v: _activity_status(v[0]),
    ("activities", "start_date"): lambda v: _compared("date", ">=", v[0]),
    ("activities", "end_date"): lambda v: _compared("date", "<=", v[0]),
    ("allocations", "status"): lambda v: lambda r: (r["voided_at"] is None) == (v[0] == "valid"),
    ("bank_accounts", "type"): lambda v: _compared("type", "=", str(v[0]).removesuffix("Account")),
    ("bank_accounts", "status"): lambda v: lambda _: v[0] == "opened",  # no field tells it: none is closed
    ("bills", "type"): lambda v: lambda r: (r["kind"] == "trust_kind") == (v[0] == "trust"),
    ("bills", "bill_number"): lambda v: _compared("number", "=", v[0]),
    ("calendar_entries", "from"): lambda v: _compared("end_at", ">=", v[0]),
    ("calendar_entries", "to"): lambda v: _compared("start_at", "<=", v[0]),
    ("communications", "contact_id"): lambda v: lambda r: v[0] in ids_of([r["senders"], r["receivers"]]),
    ("matters", "open_date[]"): _dates("open_date"),
    ("matters", "close_date[]"): _dates("close_date"),
    ("matters", "pending_date[]"): _dates("pending_date"),
    # What these hide, _unasked hides.
    ("documents", "include_deleted"): _everything,
    ("folders", "include_deleted"): _everything,
    ("folders/list", "include_deleted"): _everything,
    # Clio: the region chooses the rate that is shown, not the rows.
    ("lauk_expense_categories", "region"): _everything,
}


def _activity_status(status: Value) -> Test | None:
    tests: Mapping[Value, Test] = {
        "billed": lambda r: bool(r["billed"]),
        "draft": lambda r: bool(r["on_bill"]) and not r["billed"],
        "unbilled": lambda r: not r["on_bill"] and not r["non_billable"],
        "non_billable": lambda r: bool(r["non_billable"]),
        "billable": lambda r: not r["non_billable"],
        "written_off": lambda r: bool(r.get("_written_off")),  # no field of Clio's tells it
    }
    return tests.get(status)


def _has_id(shape: Mapping[str, Field], name: str, value: Value) -> Test | None:
    stem = name.removesuffix("_id")
    for field in (stem, f"{stem}s", f"{stem[:-1]}ies"):
        if field in shape and shape[field].kind != "scalar":
            if value is None:
                return lambda record, field=field: not ids_of(record[field])  # type: ignore[misc]  # its default is no guess for mypy
            return lambda record, field=field: value in ids_of(record[field])  # type: ignore[misc]  # its default is no guess for mypy
    if name not in shape:
        return None
    return lambda record: str(record.get(name)) == str(value)  # a matter stage keeps its area's id as text


def _enum(field: Field, sent: tuple[str, ...], values: list[Value]) -> Test | None:
    """Clio spells enums differently by place (``open`` and ``Open``); meet in the middle or refuse."""
    known = {_plain(value) for value in field.enum}
    if not {_plain(value) for value in sent} <= known:
        return None
    wanted = {_plain(str(value)) for value in values}
    return lambda record: _plain(str(record[field.name])) in wanted


def _plain(value: str) -> str:
    return value.casefold().replace("_", "").rstrip(",")


def _compared(field: str, sign: str, value: Value) -> Test:
    compare = _COMPARE[sign]
    if sign == "=":
        return lambda record: compare(record.get(field), value)
    kind = datetime if isinstance(value, datetime) else date

    def test(record: Record) -> bool:
        found = record.get(field)
        return isinstance(found, kind) and compare(found, value)

    return test


def _since(field: str, since: Value, inclusive: bool) -> Test:
    """Returns the same as comparing, but twenty times as fast: most records lie days away.

    Comparing timestamps of two zones costs microseconds. Their calendar days settle it unless they are
    neighbours, since no zone is a day away from UTC.
    """
    exact = _compared(field, ">=" if inclusive else ">", since)
    if not isinstance(since, datetime):
        return exact
    day = since.toordinal()

    def test(record: Record) -> bool:
        found = record.get(field)
        if not isinstance(found, datetime):
            return False
        days = found.toordinal() - day
        return exact(record) if -2 <= days <= 2 else days > 0

    return test


def ids_of(value: object) -> list[object]:
    """Returns the ids in a nested record, a reference, or a list of either."""
    if isinstance(value, list):
        return [found for item in value for found in ids_of(item)]
    if isinstance(value, dict):
        return [value.get("id")]
    return [] if value is None else [getattr(value, "id", value)]
