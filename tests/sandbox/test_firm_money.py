"""The invented firm: its work, bills, payments and trust money add up, to the cent."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from clio_sandbox.firm import Firm, Record

from .firms import OWED, ZERO, cents, discount_of, lines_by_bill, revenue, rows, total


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
                entry = firm.records["activities"][id]  # type: ignore[index]  # the id is an object to mypy
                assert abs(amount - entry["total"]) <= Decimal("0.01")


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
