"""The invented firm: its money adds up, its records are complete, and it is the same firm every time."""

import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

import pytest

from clio_sandbox.firm import Firm, Record, Ref, Size
from clio_sandbox.firm.filler import LEFT_EMPTY
from clio_sandbox.firm.forms import collection_of, collections, fields_of

ZERO = Decimal("0.00")
LIVED: tuple[tuple[Size, int, tuple[int, ...]], ...] = (
    ("small", 1, ()),
    ("small", 1, (1, 1)),
    ("small", 2, (7,)),
    ("small", 3, (45,)),
    ("demo", 1, (31,)),
)
OWED = ("awaiting_payment", "paid")
DERIVED = {"billable_matters", "billable_clients", "billable_matters/ids", "folders/list"}


@cache
def lived(size: Size, seed: int, days: tuple[int, ...]) -> Firm:
    firm = Firm.create(size, seed)
    for each in days:
        firm.advance(each)
    return firm


@pytest.fixture(params=LIVED, ids=lambda case: "-".join(map(str, case)).replace(" ", ""))
def firm(request: pytest.FixtureRequest) -> Firm:
    return lived(*request.param)


@pytest.fixture
def small() -> Firm:
    return lived("small", 1, ())


def rows(firm: Firm, collection: str) -> list[Record]:
    return list(firm.records[collection].values())


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def revenue(firm: Firm, *states: str) -> list[Record]:
    return [
        b for b in rows(firm, "bills") if b["kind"] != "trust_kind" and (not states or b["state"] in states)
    ]


def lines_by_bill(firm: Firm) -> dict[object, list[Record]]:
    found: dict[object, list[Record]] = defaultdict(list)
    for line in rows(firm, "line_items"):
        if line["type"] != "SummaryLineItem":
            found[line["bill"].id].append(line)
    return found


def discount_of(line: Record) -> Decimal:
    net: Decimal = line["total"] - line["tax"] - line["secondary_tax"]
    return cents(line["sub_total"] - net)


def code(firm: Firm, ref: Ref) -> str:
    found: str = firm.records["currencies"][ref.id]["code"]
    return found


# Form


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


# Work


def test_time_is_rounded_up_and_worth_its_price(firm: Firm) -> None:
    for entry in rows(firm, "activities"):
        worth = entry["non_billable_total"] if entry["non_billable"] else entry["total"]
        assert ZERO in (entry["total"], entry["non_billable_total"])
        if entry["type"] == "TimeEntry":
            assert entry["rounded_quantity"] % 360 == 0
            assert 0 <= entry["rounded_quantity"] - entry["quantity"] < 360
            assert entry["quantity_in_hours"] == entry["quantity"] / 3600
            assert entry["rounded_quantity_in_hours"] == entry["rounded_quantity"] / 3600
            hours = 1 if entry["flat_rate"] else entry["rounded_quantity_in_hours"]
            assert worth == cents(hours * entry["price"])
        else:
            assert worth == cents((entry["quantity"] or 1) * entry["price"])


def test_entries_know_their_bill(firm: Firm) -> None:
    on_lines: dict[object, set[object]] = defaultdict(set)
    for line in rows(firm, "line_items"):
        bill = firm.records["bills"][line["bill"].id]
        if line["activity"] and bill["state"] not in ("void", "deleted"):
            on_lines[line["activity"].id].add(bill["id"])
    for entry in rows(firm, "activities"):
        bills = on_lines[entry["id"]]
        assert entry["on_bill"] == bool(bills) == bool(entry["bill"])
        if entry["bill"]:
            assert entry["bill"].id in bills
            assert entry["billed"] == (firm.records["bills"][entry["bill"].id]["state"] in OWED)


def test_matters_know_their_last_activity(firm: Firm) -> None:
    last: dict[object, date] = {}
    for entry in rows(firm, "activities"):
        last[entry["matter"].id] = max(entry["date"], last.get(entry["matter"].id, entry["date"]))
    for matter in rows(firm, "matters"):
        # A deleted entry does not take the date back, as a later one may be deleted only in advance().
        assert (
            matter["last_activity_date"] is None
            or last.get(matter["id"], date.min) <= matter["last_activity_date"]
        )


# Bills


def test_lines_add_up(firm: Firm) -> None:
    of_bill = lines_by_bill(firm)
    for line in rows(firm, "line_items"):
        bill = firm.records["bills"][line["bill"].id]
        if line["type"] == "SummaryLineItem":
            services = [other for other in of_bill[bill["id"]] if other["kind"] == "Service"]
            for name in ("quantity", "sub_total", "total"):
                assert line[name] == total(other[name] for other in services)
                assert line["included_line_item_totals"][name] == line[name]
            continue
        free = line["type"] == "NoChargeLineItem"
        assert line["sub_total"] == (ZERO if free else cents(line["quantity"] * line["price"]))
        rate = line["discount"]["rate"] if line["discount"] else ZERO
        money = line["discount"] and line["discount"]["type"] == "money"
        net = line["sub_total"] - min(
            line["sub_total"], rate if money else cents(line["sub_total"] * rate / 100)
        )
        assert line["tax"] == (cents(net * bill["tax_rate"] / 100) if line["taxable"] else ZERO)
        secondary = cents(net * bill["secondary_tax_rate"] / 100) if line["secondary_taxable"] else ZERO
        assert line["secondary_tax"] == secondary
        assert line["total"] == net + line["tax"] + line["secondary_tax"]


def test_bills_add_up(firm: Firm) -> None:
    of_bill = lines_by_bill(firm)
    for bill in revenue(firm):
        lines = of_bill[bill["id"]]
        services = [line for line in lines if line["kind"] == "Service"]
        for prefix, chosen in (("", lines), ("services_", services)):
            nets = [(line, line["sub_total"] - discount_of(line)) for line in chosen]
            assert bill[prefix + "sub_total"] == total(net for _, net in nets)
            for name in ("taxable", "secondary_taxable"):
                taxed = total(net for line, net in nets if line[name])
                assert abs(bill[f"{prefix}{name}_sub_total"] - taxed) <= Decimal("0.5")
        assert bill["tax_sum"] == total(line["tax"] for line in lines)
        assert bill["services_tax"] == total(line["tax"] for line in services)
        assert bill["secondary_tax_sum"] == total(line["secondary_tax"] for line in lines)
        assert bill["services_secondary_tax"] == total(line["secondary_tax"] for line in services)
        assert bill["total_tax"] == bill["tax_sum"] + bill["secondary_tax_sum"]
        assert bill["total"] == bill["sub_total"] + bill["total_tax"] + bill["interest"]["total"]
        base = bill["services_sub_total"] if bill["discount_services_only"] == "true" else bill["sub_total"]
        rate, money = bill["discount"]["rate"], bill["discount"]["type"] == "money"
        assert bill["due"] == bill["total"] - min(base, rate if money else cents(base * rate / 100))


def test_what_is_paid_and_open_follows_from_allocations(firm: Firm) -> None:
    of_bill: dict[object, list[Record]] = defaultdict(list)
    for allocation in rows(firm, "allocations"):
        of_bill[allocation["bill"].id].append(allocation)
    for bill in revenue(firm):
        valid = [a for a in of_bill[bill["id"]] if a["voided_at"] is None]
        credits = [a for a in valid if a["parent"]["type"] == "CreditMemo"]
        payments = [a for a in valid if a["parent"]["type"] == "Payment"]
        assert bill["paid"] == total(a["amount"] for a in payments)
        assert bill["credits_issued"] == total(a["amount"] for a in credits)
        gone = bill["state"] in ("void", "deleted")
        assert bill["balance"] == (ZERO if gone else bill["due"] - bill["paid"] - bill["credits_issued"])
        assert bill["balance"] >= 0
        assert (bill["state"] == "paid") == (bill["state"] in OWED and bill["balance"] == 0)
        open_interest = bill["interest"]["total"] - total(a["amount"] for a in valid if a["interest"])
        assert bill["interest"]["balance"] == open_interest >= 0
        assert bill["paid_at"] == max((a["created_at"] for a in payments), default=None)
        assert not gone or not valid
        matters = [ref.id for ref in bill["matters"]]
        assert all(
            (a["matter"].id in matters) if matters else a["matter"] is None for a in of_bill[bill["id"]]
        )


def test_bills_are_spread_over_their_matters_without_remainder(firm: Firm) -> None:
    for bill in rows(firm, "bills"):
        balances = bill["balances"]
        assert [row["id"] for row in balances] == ([m.id for m in bill["matters"]] or [bill["client"].id])
        assert total(row["amount"] for row in balances) == bill["total"]
        assert total(row["due"] for row in balances) == bill["due"]
        interest = bill["interest"]["total"]
        assert total(row["interest_amount"] for row in balances) == interest
        if bill["matters"]:
            assert total(row["amount"] for row in bill["matter_totals"]) == bill["total"]


def test_interest_charges_are_the_interest_of_their_bills(firm: Firm) -> None:
    charged: dict[object, Decimal] = defaultdict(lambda: ZERO)
    for charge in rows(firm, "interest_charges"):
        charged[charge["bill"].id] += charge["total"]
        assert total(row["amount"] for row in charge["balances"]) == charge["total"]
    for bill in revenue(firm):
        assert bill["interest"]["total"] == charged[bill["id"]]


def test_credit_memos_are_their_allocations(firm: Firm) -> None:
    for memo in rows(firm, "credit_memos"):
        allocations = [firm.records["allocations"][ref.id] for ref in memo["allocations"]]
        assert memo["amount"] == total(a["amount"] for a in allocations)
        assert {a["voided_at"] is None for a in allocations} == {memo["voided_at"] is None}


def test_split_bills_cover_the_work_once(firm: Firm) -> None:
    of_bill = lines_by_bill(firm)
    for bill in revenue(firm, *OWED):
        if bill["split_invoice"]:
            linked = [bill["id"], *bill["split_invoice"]["linked_invoices_ids"]]
            worth: dict[object, Decimal] = defaultdict(lambda: ZERO)
            for id in linked:
                for line in of_bill[id]:
                    worth[line["activity"].id] += line["sub_total"]
            for id, amount in worth.items():
                assert abs(amount - firm.records["activities"][id]["total"]) <= Decimal("0.01")  # type: ignore[index]


def test_trust_requests_are_their_lines_and_deposits(firm: Firm) -> None:
    deposited: dict[object, Decimal] = defaultdict(lambda: ZERO)
    for transaction in rows(firm, "bank_transactions"):
        if transaction["bill"] and transaction["transaction_type"] == "Deposit":
            deposited[transaction["bill"].id] += transaction["funds_in"]
    requested: dict[object, Decimal] = defaultdict(lambda: ZERO)
    for line in rows(firm, "trust_line_items"):
        requested[line["bill"].id] += line["total"]
    for bill in rows(firm, "bills"):
        if bill["kind"] == "trust_kind":
            assert bill["total"] == bill["due"] == requested[bill["id"]]
            assert bill["paid"] == deposited[bill["id"]]
            assert bill["balance"] == bill["due"] - bill["paid"]


# Bank and trust


def test_bank_accounts_are_their_transactions(firm: Firm) -> None:
    running: dict[object, Decimal] = defaultdict(lambda: ZERO)
    counts: dict[object, int] = defaultdict(int)
    for transaction in sorted(rows(firm, "bank_transactions"), key=lambda t: (t["date"], t["id"])):
        account = transaction["bank_account_id"]
        assert transaction["amount"] == transaction["funds_in"] - transaction["funds_out"]
        running[account] += transaction["amount"]
        counts[account] += 1
        assert transaction["current_account_balance"] == running[account]
    for account in rows(firm, "bank_accounts"):
        assert account["balance"] == running[account["id"]]
        assert account["bank_transactions_count"] == counts[account["id"]]


def test_trust_reconciles_three_ways(firm: Firm) -> None:
    by_matter: dict[tuple[object, object], Decimal] = defaultdict(lambda: ZERO)
    for transaction in rows(firm, "bank_transactions"):
        account = firm.records["bank_accounts"][transaction["bank_account_id"]]
        if account["type"] == "Trust":
            assert transaction["matter"] is not None
        if transaction["matter"]:
            by_matter[transaction["matter"].id, account["id"]] += transaction["amount"]
            assert firm.records["matters"][transaction["matter"].id]["client"] == transaction["client"]
    of_client: dict[tuple[object, object], Decimal] = defaultdict(lambda: ZERO)
    for matter in rows(firm, "matters"):
        for row in matter["account_balances"]:
            assert row["balance"] == by_matter.pop((matter["id"], row["id"]))
            assert row["balance"] >= 0
            of_client[matter["client"].id, row["id"]] += row["balance"]
    assert not by_matter
    shown = {
        (c["id"], row["id"]): row["balance"] for c in rows(firm, "contacts") for row in c["account_balances"]
    }
    assert shown == of_client
    for account in rows(firm, "bank_accounts"):
        if account["type"] == "Trust":
            assert account["balance"] == total(v for (_, id), v in of_client.items() if id == account["id"])


def test_every_payment_reaches_a_bank_account_once(firm: Firm) -> None:
    banked: dict[object, Decimal] = defaultdict(lambda: ZERO)
    for transaction in rows(firm, "bank_transactions"):
        account = firm.records["bank_accounts"][transaction["bank_account_id"]]
        if transaction["allocation"] and account["type"] == "Operating":
            banked[transaction["allocation"].id] += transaction["amount"]
    for allocation in rows(firm, "allocations"):
        if allocation["parent"]["type"] == "Payment":
            assert banked[allocation["id"]] == (ZERO if allocation["voided_at"] else allocation["amount"])
        else:
            assert allocation["id"] not in banked


def test_online_payments_agree_with_their_bills(firm: Firm) -> None:
    pending: dict[object, Decimal] = defaultdict(lambda: ZERO)
    for payment in rows(firm, "clio_payments/payments"):
        if payment["state"] in ("pending", "authorized"):
            pending[payment["bills"][0].id] += payment["amount"]
        allocations = [firm.records["allocations"][ref.id] for ref in payment["allocations"]]
        if payment["state"] == "completed":
            assert payment["amount"] == total(a["amount"] for a in allocations)
        assert all((a["voided_at"] is not None) == (payment["state"] == "voided") for a in allocations)
    for bill in rows(firm, "bills"):
        assert bill["pending"] == pending[bill["id"]]


# What Clio derives


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


# The firm's own books


def test_the_journal_agrees_with_the_records(firm: Firm) -> None:
    ledger = firm.ledger()
    expected = totals_from_records(firm)
    for name, figures in expected.items():
        assert ledger.get(name, {}) == as_text(figures), name


def totals_from_records(firm: Firm) -> dict[str, Any]:
    result: dict[str, Any] = {name: {} for name in ("receivable", "wip", "worked", "billed", "written_off")}
    result |= {name: {} for name in ("cash_received", "trust", "bank_accounts", "hours")}
    add_receivable(firm, result["receivable"])
    add_work(firm, result)
    add_billed(firm, result["billed"])
    add_credits_and_cash(firm, result)
    for matter in rows(firm, "matters"):
        for row in matter["account_balances"]:
            if row["type"] == "Trust":
                add(result["trust"], row["balance"], matter["id"])
    for account in rows(firm, "bank_accounts"):
        add(result["bank_accounts"], account["balance"], account["id"])
    return result


def add(figures: dict[str, Any], amount: Decimal, *path: object) -> None:
    for part in path[:-1]:
        figures = figures.setdefault(str(part), {})
    figures[str(path[-1])] = figures.get(str(path[-1]), ZERO) + amount


def as_text(figures: Any) -> Any:
    if isinstance(figures, dict):
        inner = {key: as_text(value) for key, value in figures.items()}
        return {key: value for key, value in inner.items() if value not in ({}, None)}
    return str(figures) if figures else None


def month(day: date) -> str:
    return day.isoformat()[:7]


def add_receivable(firm: Firm, figures: dict[str, Any]) -> None:
    for bill in revenue(firm, *OWED):
        currency, days = code(firm, bill["currency"]), (firm.now.date() - bill["due_at"]).days
        age = next(
            (
                name
                for most, name in ((0, "current"), (30, "1-30"), (60, "31-60"), (90, "61-90"))
                if days <= most
            ),
            "over 90",
        )
        add(figures, bill["balance"], currency, "total")
        add(figures, bill["balance"], currency, "by_client", bill["client"].id)
        add(figures, bill["balance"], currency, "by_bill", bill["id"])
        add(figures, bill["balance"], currency, "by_age", age)


def add_work(firm: Firm, result: dict[str, Any]) -> None:
    for entry in rows(firm, "activities"):
        currency, when = code(firm, entry["currency"]), month(entry["date"])
        kind = "fees" if entry["type"] == "TimeEntry" else "expenses"
        add(result["worked"], entry["total"], currency, when, kind)
        if "_written_off" in entry:
            add(result["written_off"], entry["total"], currency, month(entry["_written_off"]), "work")
        elif not entry["billed"]:
            add(result["wip"], entry["total"], currency, "draft" if entry["on_bill"] else "unbilled", kind)
        if kind == "fees":
            hours = entry["rounded_quantity_in_hours"]
            add(result["hours"], hours, entry["user"].id, when, "worked")
            add(result["hours"], ZERO if entry["non_billable"] else hours, entry["user"].id, when, "billable")


def add_billed(firm: Firm, figures: dict[str, Any]) -> None:
    of_bill = lines_by_bill(firm)
    for bill in revenue(firm, *OWED):
        currency, when = code(firm, bill["currency"]), month(bill["issued_at"])
        for line in of_bill[bill["id"]]:
            kind = "fees" if line["kind"] == "Service" else "expenses"
            add(figures, line["sub_total"], currency, when, kind)
            add(figures, discount_of(line), currency, when, f"line_discount_{kind}")
        add(figures, bill["total_tax"], currency, when, "tax")
        add(figures, bill["total"] - bill["due"], currency, when, "bill_discount")
    for charge in rows(firm, "interest_charges"):
        currency = code(firm, firm.records["bills"][charge["bill"].id]["currency"])
        add(figures, charge["total"], currency, month(charge["date"]), "interest")


def add_credits_and_cash(firm: Firm, result: dict[str, Any]) -> None:
    for allocation in rows(firm, "allocations"):
        if allocation["voided_at"] is None:
            currency = code(firm, firm.records["bills"][allocation["bill"].id]["currency"])
            when, amount = month(allocation["date"]), allocation["amount"]
            if allocation["parent"]["type"] == "Payment":
                kind = "interest" if allocation["interest"] else "bills"
                add(result["cash_received"], amount, currency, when, kind)
            else:
                memo = firm.records["credit_memos"][allocation["parent"]["id"]]
                kind = "discount_credits" if memo["discount"] else "write_off_credits"
                add(result["written_off"], amount, currency, when, kind)


# The same firm every time, and never a boring one


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


# Living on


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
