"""The invented firm: its double-entry books say what its records say."""

from datetime import date
from decimal import Decimal
from typing import Any

from clio_sandbox.firm import Firm

from .firms import OWED, ZERO, code, discount_of, lines_by_bill, revenue, rows


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
