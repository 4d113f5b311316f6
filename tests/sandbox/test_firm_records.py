"""The invented firm: every record is complete, and what Clio derives follows from the rest."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

from clio_sandbox.firm import Firm, Record, Ref
from clio_sandbox.firm.forms import collection_of, collections, fields_of

from .firms import DERIVED, ZERO, revenue, rows, total


def test_every_record_is_complete_and_of_the_declared_types(firm: Firm) -> None:
    forms = collections()
    assert set(firm.records) == set(forms)
    for path, table in firm.records.items():
        for record in list(table.values())[:: 1 + len(table) // 2000]:  # of large tables a part
            check_form(firm, forms[path], record, path)


def check_form(firm: Firm, form: str, record: Record, place: str) -> None:
    fields = fields_of(form)
    assert {name for name in record if not name.startswith("_") or name in fields} == set(fields), place
    for name, kind in fields.items():
        value, here = record[name], f"{place}.{name}"
        if value is None:
            assert not (isinstance(kind, dict) and "list" in kind), here
        elif isinstance(kind, str):
            assert fits(kind, value), (here, kind, value)
        elif "enum" in kind:
            assert value in kind["enum"], (here, value)
        elif "list" in kind:
            assert isinstance(value, list), here
            for item in value:
                check_nested(firm, kind["list"], item, here)
        else:
            check_nested(firm, kind["object"], value, here)


def check_nested(firm: Firm, form: str | None, value: object, place: str) -> None:
    if form is None:
        return
    if form in ("string", "integer"):
        assert fits(form, value), (place, value)
    elif isinstance(value, Ref):
        assert value.collection == collection_of(form), place
        target = firm.records[value.collection].get(value.id)
        assert target is not None, (place, value)
        assert set(fields_of(form)) <= set(target), (place, value)
    else:
        assert collection_of(form) is None, f"{place} should be a Ref"
        assert isinstance(value, dict)
        check_form(firm, form, value, place)


def fits(kind: str, value: object) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "timestamp":
        return isinstance(value, datetime) and value.tzinfo is not None and value.microsecond == 0
    if kind == "date":
        return isinstance(value, date) and not isinstance(value, datetime)
    return isinstance(value, {"number": Decimal, "boolean": bool, "string": str}[kind])


def test_ids_are_unique_large_and_the_keys_of_their_tables(firm: Firm) -> None:
    for path, table in firm.records.items():
        for key, record in table.items():
            if "id" in record and path != "matters/{matter_id}/client":
                assert record["id"] == key, path
                assert int(key) > 2**31


def test_nothing_is_stamped_before_it_was_made_or_after_now(firm: Firm) -> None:
    for path, table in firm.records.items():
        for record in table.values():
            if path not in DERIVED and "created_at" in record and "updated_at" in record:
                assert record["created_at"] <= record["updated_at"] <= firm.now, path


def test_rows_below_a_parent_are_those_the_parent_shows(firm: Firm) -> None:
    for name in ("email_addresses", "phone_numbers"):
        path = f"contacts/{{contact_id}}/{name}"
        shown = {(c["id"], ref.id) for c in rows(firm, "contacts") for ref in c[name]}
        assert shown == {(row["_parent"], row["id"]) for row in rows(firm, path)}
    for contact in rows(firm, "contacts"):
        first = [firm.records[ref.collection][ref.id]["address"] for ref in contact["email_addresses"][:1]]
        assert contact["primary_email_address"] == next(iter(first), None)


def test_what_can_be_billed_follows_from_activities(firm: Firm) -> None:
    open_work: dict[object, list[Record]] = defaultdict(list)
    for entry in rows(firm, "activities"):
        if not entry["on_bill"] and not entry["non_billable"] and "_written_off" not in entry:
            open_work[entry["matter"].id].append(entry)
    assert set(firm.records["billable_matters"]) == set(open_work)
    for row in rows(firm, "billable_matters"):
        work = open_work[row["id"]]
        assert row["unbilled_amount"] == total(entry["total"] for entry in work)
        assert row["unbilled_hours"] == total(entry["rounded_quantity_in_hours"] or ZERO for entry in work)
        matter = firm.records["matters"][row["id"]]
        trust = total(b["balance"] for b in matter["account_balances"] if b["type"] == "Trust")
        assert row["amount_in_trust"] == trust
    amounts = [
        total(r["unbilled_amount"] for r in rows(firm, name))
        for name in ("billable_matters", "billable_clients")
    ]
    assert amounts[0] == amounts[1]


def test_outstanding_balances_follow_from_bills(firm: Firm) -> None:
    owed: dict[tuple[object, object], Decimal] = defaultdict(lambda: ZERO)
    for bill in revenue(firm, "awaiting_payment"):
        owed[bill["client"].id, bill["currency"].id] += bill["balance"]
    table = rows(firm, "outstanding_client_balances")
    assert {(r["contact"].id, r["currency"].id): r["total_outstanding_balance"] for r in table} == owed
