"""The invented firm: the same every time, never a boring one, and it lives on."""

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clio_sandbox.firm import Firm
from clio_sandbox.firm.filler import LEFT_EMPTY
from clio_sandbox.firm.forms import collections, fields_of

from .firms import DERIVED, lived, rows


def test_same_seed_same_firm_in_any_process() -> None:
    program = (
        "from clio_sandbox.firm import Firm; import hashlib; f = Firm.create('small', 5); f.advance(9);"
        "print(hashlib.sha256(repr((f.records, f.ledger())).encode()).hexdigest())"
    )
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    elsewhere = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, env=environment
    )
    here = Firm.create("small", 5)
    here.advance(9)
    print_here = hashlib.sha256(repr((here.records, here.ledger())).encode()).hexdigest()
    assert elsewhere.stdout.decode().strip() == print_here


def test_another_seed_is_another_firm(small: Firm) -> None:
    other = lived("small", 2, (7,))
    assert small.ledger() != other.ledger()
    assert [u["name"] for u in rows(small, "users")] != [u["name"] for u in rows(other, "users")]


@pytest.mark.parametrize("seed", [1, 11, 12])
def test_every_special_case_is_in_a_small_firm(seed: int) -> None:
    firm = lived("small", seed, ())
    missing = [name for name, found in special_cases(firm).items() if not found]
    assert not missing


def special_cases(firm: Firm) -> dict[str, bool]:
    bills, lines, entries = rows(firm, "bills"), rows(firm, "line_items"), rows(firm, "activities")
    allocations, memos, matters = rows(firm, "allocations"), rows(firm, "credit_memos"), rows(firm, "matters")
    online, values = (
        rows(firm, "clio_payments/payments"),
        [v for m in matters for v in m["custom_field_values"]],
    )
    payments = [a for a in allocations if a["parent"]["type"] == "Payment"]
    activities = firm.records["activities"]
    stamps = [e["updated_at"] for e in entries]
    cases = {f"bill {state}": any(b["state"] == state for b in bills) for state in enum("Bill", "state")}
    cases |= {
        f"payment {state}": any(p["state"] == state for p in online)
        for state in enum("ClioPaymentsPayment", "state")
    }
    cases |= {f"entry {kind}": any(e["type"] == kind for e in entries) for kind in enum("Activity", "type")}
    cases |= {f"line {kind}": any(x["type"] == kind for x in lines) for kind in enum("LineItem", "type")}
    cases |= {
        f"matter {status}": any(m["status"] == status for m in matters) for status in enum("Matter", "status")
    }
    cases |= {
        f"method {name}": any(m["billing_method"] == name for m in matters)
        for name in enum("Matter", "billing_method")
    }
    cases |= {
        f"custom {kind}": any(v["field_type"] == kind for v in values)
        for kind in enum("CustomField", "field_type")
    }
    cases |= {
        "bill over several matters": any(len(b["matters"]) > 1 for b in bills),
        "bill without a matter": any(b["type"] == "ClientBill" and not b["matters"] for b in bills),
        "split bill": any(b["split_invoice"] for b in bills),
        "trust request": any(b["kind"] == "trust_kind" for b in bills),
        "two currencies": len({b["currency"] for b in bills}) == 2,
        "two taxes": any(b["tax_sum"] and b["secondary_tax_sum"] for b in bills),
        "bill discount by rate": any(
            b["discount"]["rate"] and b["discount"]["type"] == "percentage" for b in bills
        ),
        "services discount by money": any(b["discount_services_only"] == "true" for b in bills),
        "line discount by rate": any(x["discount"] and x["discount"]["type"] == "percentage" for x in lines),
        "line discount by money": any(x["discount"] and x["discount"]["type"] == "money" for x in lines),
        "edited line": any(
            x["activity"] and x["price"] != activities[x["activity"].id]["price"]
            for x in lines
            if x["activity"]
        ),
        "interest": any(b["interest"]["total"] for b in bills),
        "interest paid": any(a["interest"] for a in payments),
        "partial payment": any(0 < b["paid"] < b["due"] for b in bills),
        "overpayment": any(t["description"] == "Overpayment" for t in rows(firm, "bank_transactions")),
        "voided payment": any(a["voided_at"] for a in payments),
        "paid from trust": any(a["source_bank_account"] for a in payments),
        "one payment, several bills": any(
            len({a["bill"] for a in payments if a["parent"]["id"] == p["parent"]["id"]}) > 1 for p in payments
        ),
        "credit as discount": any(m["discount"] for m in memos),
        "credit as write-off": any(not m["discount"] for m in memos),
        "voided credit": any(m["voided_at"] for m in memos),
        "written off": any("_written_off" in e for e in entries),
        "non-billable": any(e["non_billable"] and not e["no_charge"] for e in entries),
        "no charge": any(e["no_charge"] for e in entries),
        "flat rate": any(e["flat_rate"] for e in entries),
        "entered late": any((e["created_at"].date() - e["date"]).days > 0 for e in entries),
        "odd cents": any(
            e["type"] == "TimeEntry" and (e["rounded_quantity_in_hours"] * e["price"]) % Decimal("0.01")
            for e in entries
        ),
        "evergreen retainer": any(m["evergreen_retainer"] for m in matters),
        "matter budget": any(m["matter_budget"] for m in matters),
        "bill of voided work": any(b["original_bill"] for b in bills),
        "disabled user who worked": any(not firm.records["users"][e["user"].id]["enabled"] for e in entries),
        "closed account": any(a["_status"] == "closed" for a in rows(firm, "bank_accounts")),
        "value without id": any(v["id"] is None for v in values),
        "deleted custom field": any(f["deleted"] for f in rows(firm, "custom_fields")),
        "value of a deleted field": any(v["soft_deleted"] for v in values),
        "no custom values": any(not m["custom_field_values"] for m in matters),
        "no e-mails": any(not c["email_addresses"] for c in rows(firm, "contacts")),
        "empty string": any(c["first_name"] == "" for c in rows(firm, "contacts")),
        "right to left": any("שלום" in c["name"] for c in rows(firm, "contacts")),
        "emoji": any("🌸" in c["name"] for c in rows(firm, "contacts")),
        "trashed document": any(d["deleted_at"] for d in rows(firm, "documents")),
        "both kinds of note": {n["type"] for n in rows(firm, "notes")} == {"Matter", "Contact"},
        "ties in updated_at": len(set(stamps)) < len(stamps),
        "both DST offsets": len({s.utcoffset() for s in stamps}) == 2,
        "shared secret": all("never-to-be-loaded" in w["shared_secret"] for w in rows(firm, "webhooks")),
    }
    cases |= {
        f"rows in {path}": bool(table) for path, table in firm.records.items() if path not in NOTHING_IN
    }
    cases |= {
        f"{path}.{name}": any(record[name] for record in firm.records[path].values())
        for path, form in collections().items()
        for name, kind in fields_of(form).items()
        if isinstance(kind, dict) and "enum" not in kind and path not in NOTHING_IN
    }
    return cases | {f"empty {path}": not firm.records[path] for path in LEFT_EMPTY}


NOTHING_IN = {*LEFT_EMPTY, "users/who_am_i"}


def enum(form: str, name: str) -> list[str]:
    kind = fields_of(form)[name]
    assert isinstance(kind, dict)
    found: list[str] = kind["enum"]
    return found


@pytest.mark.parametrize("days", [1, 30])
def test_advance_stamps_all_that_it_touches(days: int) -> None:
    firm = Firm.create("small", 4)
    before, kept = snapshot(firm), firm.now
    counts = firm.advance(days)
    assert firm.now == kept + timedelta(days=days)
    for path, table in snapshot(firm).items():
        old = before[path]
        changed = {id for id in table if id in old and table[id] != old[id]}
        expected = {
            "inserted": len(table.keys() - old.keys()),
            "updated": len(changed),
            "deleted": len(old.keys() - table.keys()),
        }
        if path in DERIVED or path.startswith("matters/"):
            continue
        counted = counts.get(path, {"inserted": 0, "updated": 0, "deleted": 0})
        assert counted["inserted"] == expected["inserted"], path
        assert counted["deleted"] == expected["deleted"], path
        assert counted["updated"] >= expected["updated"], path
        for id in changed | (table.keys() - old.keys()):
            stamp = firm.records[path][id].get("updated_at") or firm.records[path][id]["created_at"]
            assert kept < stamp <= firm.now, path


def snapshot(firm: Firm) -> dict[str, dict[Any, str]]:
    """Returns what could be seen of every record, nested values with it, references as such."""
    return {
        path: {
            id: repr({k: v for k, v in record.items() if not k.startswith("_")})
            for id, record in table.items()
        }
        for path, table in firm.records.items()
    }


def test_advance_brings_every_kind_of_change() -> None:
    firm = Firm.create("small", 6)
    before = {path: dict.fromkeys(table) for path, table in firm.records.items()}
    lists = {(m["id"], "values"): len(m["custom_field_values"]) for m in rows(firm, "matters")}
    emails = {c["id"]: len(c["email_addresses"]) for c in rows(firm, "contacts")}
    voided = sum(a["voided_at"] is not None for a in rows(firm, "allocations"))
    counts = firm.advance(1)
    for path in ("activities", "bills", "line_items", "allocations", "bank_transactions"):
        assert counts[path]["inserted"], path
    assert counts["activities"]["deleted"] == 1
    assert counts["bills"]["updated"]
    assert sum(a["voided_at"] is not None for a in rows(firm, "allocations")) > voided
    now = {(m["id"], "values"): len(m["custom_field_values"]) for m in rows(firm, "matters")}
    assert any(now[key] == 0 < lists[key] for key in lists)
    assert any(0 < now[key] < lists[key] for key in lists)
    assert any(
        len(c["email_addresses"]) < emails[c["id"]] for c in rows(firm, "contacts") if c["id"] in emails
    )
    paid = [a["bill"].id for a in rows(firm, "allocations") if a["id"] not in before["allocations"]]
    assert any(bill in before["bills"] for bill in paid)


def test_names_that_others_show_never_change() -> None:
    firm = Firm.create("small", 7)
    names = {"matters": "display_number", "users": "name", "contacts": "name", "bills": "number"}
    before = {(path, id): row[names[path]] for path in names for id, row in firm.records[path].items()}
    firm.advance(60)
    assert all(firm.records[path][id][names[path]] == name for (path, id), name in before.items())


def test_edits_deletions_and_insertions_leave_traces() -> None:
    firm = Firm.create("small", 8)
    id, matter = next(iter(firm.records["matters"].items()))
    etag = matter["etag"]
    firm.edit("matters", id, {"description": "changed"})
    assert (matter["description"], matter["updated_at"]) == ("changed", firm.now)
    assert matter["etag"] != etag
    new = firm.insert("notes", {"subject": "inserted", "type": "Matter"})
    assert firm.records["notes"][new]["time_entries"] == []
    firm.delete("notes", new)
    assert new not in firm.records["notes"]


def test_now_can_be_given() -> None:
    firm = Firm.create("small", 1, datetime(2024, 3, 11, 9, 30, 15, tzinfo=UTC))
    assert firm.now == datetime(2024, 3, 11, 9, 30, 15, tzinfo=UTC)
    assert all(entry["updated_at"] <= firm.now for entry in rows(firm, "activities"))


def test_whoami_is_the_owner_of_the_account(small: Firm) -> None:
    assert small.records["users"][small.whoami_id]["account_owner"]
