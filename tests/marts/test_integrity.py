"""Rows and money that come into ledgers go out of them: firms of every size, and the same a week later."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args

import duckdb
import pytest
from kpis import show_kpis

from clio_sandbox import Sandbox
from clio_sandbox.firm import Record, Size

from ..conftest import Warehouse
from .books import differences
from .conftest import Marts, build
from .independent.answers import currency_of
from .independent.billed import STATES, Records
from .independent.held import amount_of, movements

SIZES = tuple(size for size in get_args(Size) if size in os.environ.get("MARTS_SIZES", "small demo"))

Totals = Mapping[str, tuple[int, Decimal]]  # by currency, how many and how much


@dataclass(frozen=True)
class Flow:
    """What a firm's records bring, and the queries for what has come of it: currency, how many, how much."""

    brought: Callable[[Records], Iterator[tuple[Record, Decimal]]]
    came_of_it: Mapping[str, str]


def _entries(records: Records) -> Iterator[tuple[Record, Decimal]]:
    return ((entry, entry["total"] + entry["non_billable_total"]) for entry in records["activities"].values())


def _shelf(records: Records) -> Iterator[tuple[Record, Decimal]]:
    for entry in records["activities"].values():
        if entry["total"] and not entry["billed"] and "_written_off" not in entry:
            yield entry, entry["total"]


def _revenue_bills(records: Records) -> Iterator[Record]:
    return (bill for bill in records["bills"].values() if bill["kind"] != "trust_kind")


def _lines(records: Records) -> Iterator[tuple[Record, Decimal]]:
    for line in records["line_items"].values():
        bill = records["bills"][line["bill"].id]
        if line["type"] != "SummaryLineItem" and bill["kind"] != "trust_kind":
            yield bill, line["total"]


def _bills(records: Records) -> Iterator[tuple[Record, Decimal]]:
    return ((bill, bill["due"]) for bill in records["bills"].values())


def _approved(records: Records) -> Iterator[tuple[Record, Decimal]]:
    for bill in _revenue_bills(records):
        if STATES[bill["state"]] == "approved" and bill["due"]:
            yield bill, bill["due"]


def _owed(records: Records) -> Iterator[tuple[Record, Decimal]]:
    for bill in _revenue_bills(records):
        if STATES[bill["state"]] == "approved" and bill["balance"]:
            yield bill, bill["balance"]


def _allocations(records: Records) -> Iterator[tuple[Record, Decimal]]:
    for allocation in records["allocations"].values():
        yield records["bills"][allocation["bill"].id], allocation["amount"]


def _settled(records: Records) -> Iterator[tuple[Record, Decimal]]:
    for allocation in records["allocations"].values():
        if allocation["voided_at"] is None:
            yield records["bills"][allocation["bill"].id], allocation["amount"]


def _cash(records: Records) -> Iterator[tuple[Record, Decimal]]:
    for allocation in records["allocations"].values():
        bill, is_cash = records["bills"][allocation["bill"].id], allocation["parent"]["type"] == "Payment"
        if is_cash and allocation["voided_at"] is None and bill["kind"] != "trust_kind":
            yield bill, allocation["amount"]


def _moved(records: Records) -> Iterator[tuple[Record, Decimal]]:
    for transaction in movements(records):
        yield records["bank_accounts"][transaction["bank_account"].id], amount_of(transaction)


def _held(records: Records) -> Iterator[tuple[Record, Decimal]]:
    for account in records["bank_accounts"].values():
        if account["type"] == "Trust" and account["balance"]:
            yield account, account["balance"]


def _each(model: str, amount: str = "amount", only: str = "true") -> str:
    return f"select currency_code, count(*), sum({amount}) from {model} where {only} group by 1"


def _per(key: str, model: str, amount: str = "amount", only: str = "true") -> str:
    summed = f"select currency_code, {key}, sum({amount}) as amount from {model} where {only} group by 1, 2"
    return f"select currency_code, count(*), sum(amount) from ({summed}) where amount <> 0 group by 1"


FACTS = """
    select currency_code, worked_amount from fct_time_entries
    union all select currency_code, worked_amount from fct_expenses"""
DUE = "due_amount + bill_discount_amount"
FLOWS = {
    "entries": Flow(
        _entries,
        {
            "the work ledger": _each("int_work__ledger", "worked_amount", "activity_id is not null"),
            "facts": _each(f"({FACTS})", "worked_amount"),
        },
    ),
    "work on the shelf": Flow(
        _shelf,
        {
            "events": _per("activity_id", "int_wip__events"),
            "the work ledger": _per("work_key", "int_work__ledger", "unbilled_amount + draft_amount"),
            "the mart": """
                select currency_code, sum(entry_count) filter (wip_amount <> 0), sum(wip_amount)
                from fct_wip_aging group by 1""",
        },
    ),
    "bill lines": Flow(
        _lines, {"lines": _each("int_bill_lines__discounted", DUE), "facts": _each("fct_bill_lines", DUE)}
    ),
    "bills": Flow(_bills, {"facts": _each("fct_bills", "due_amount")}),
    "what bills ask for": Flow(_approved, {"parts": _per("bill_id", "int_receivables__parts", "due_amount")}),
    "what bills have open": Flow(
        _owed,
        {
            "events": _per("bill_id", "int_receivables__events"),
            "the mart": _per("bill_id", "fct_receivables_aging", "balance_amount"),
        },
    ),
    "allocations": Flow(_allocations, {"facts": _each("fct_payments")}),
    "allocations that count": Flow(_settled, {"parts": _per("allocation_id", "int_settlements__spread")}),
    "cash": Flow(
        _cash,
        {
            credit: _per("allocation_id", "int_cash__credited", only=f"credit = '{credit}'")
            for credit in ("working", "responsible", "originating")
        },
    ),
    "movements of client money": Flow(
        _moved, {"the trust ledger": _each("int_trust__ledger"), "facts": _each("fct_trust_transactions")}
    ),
    "client money": Flow(
        _held,
        {
            "the trust ledger": _per("bank_account_id", "int_trust__ledger"),
            "events": _per("bank_account_id", "int_trust__events"),
        },
    ),
}


MOMENTS = ("now", "a_week_later")


@dataclass(frozen=True)
class Moment:
    """What a firm's records brought, what its marts made of it, and where its own books disagree."""

    brought: Mapping[str, Totals]
    came_of_it: Mapping[tuple[str, str], Totals]
    disagreed: Mapping[str, Any]


@pytest.fixture(scope="module", params=SIZES)
def firm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Moment]:
    """A firm that is loaded and built, lives on for a week, and is loaded and built again."""
    warehouse = Warehouse(tmp_path_factory.mktemp(request.param))
    moments: dict[str, Moment] = {}
    with Sandbox(request.param) as clio:
        for moment in MOMENTS:
            if moments:
                clio.control.advance(7)
            warehouse.sync(clio, deletions=True)
            with clio.lock:
                records = clio.firm.records
                brought = {name: _summed(records, flow.brought(records)) for name, flow in FLOWS.items()}
            books = json.loads(json.dumps(clio.control.ledger(), default=str))
            build(warehouse, "--exclude", "test_type:unit")
            show_kpis(warehouse.file, "clio", books)  # raises if a figure is not the books'
            disagreed = differences(Marts(warehouse, books), books)
            moments[moment] = Moment(brought, dict(_read(warehouse)), disagreed)
    return moments


def _summed(records: Records, rows: Iterator[tuple[Record, Decimal]]) -> Totals:
    totals: dict[str, tuple[int, Decimal]] = {}
    for record, amount in rows:
        told = record["currency"]  # of a bank account the code itself
        currency = told if isinstance(told, str) else currency_of(records, record)
        count, total = totals.get(currency, (0, Decimal(0)))
        totals[currency] = (count + 1, total + amount)
    return totals


def _read(warehouse: Warehouse) -> Iterator[tuple[tuple[str, str], Totals]]:
    with duckdb.connect(str(warehouse.file), read_only=True) as connection:
        connection.execute("use clio_marts")
        for name, flow in FLOWS.items():
            for model, query in flow.came_of_it.items():
                rows = connection.execute(query).fetchall()
                yield (name, model), {currency: (count, total) for currency, count, total in rows}


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_rows_and_money_in_are_rows_and_money_out(firm: Mapping[str, Moment], moment: str, name: str) -> None:
    brought = firm[moment].brought[name]
    assert brought
    for model in FLOWS[name].came_of_it:
        assert firm[moment].came_of_it[name, model] == brought, model


@pytest.mark.parametrize("moment", MOMENTS)
def test_ledgers_equal_the_firms_own_books_to_the_cent(firm: Mapping[str, Moment], moment: str) -> None:
    assert firm[moment].disagreed == {}


def test_the_week_brought_more(firm: Mapping[str, Moment]) -> None:
    now, later = (firm[moment].brought for moment in MOMENTS)
    assert all(now[name] != later[name] for name in FLOWS)
