"""The warehouse holds what the firm holds: every collection, every row, every cell, every cent."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from clio_source.collection import load_collections

from ..conftest import Snapshot, Warehouse
from .reference import differences, expected_columns, expected_rows

COLLECTIONS = load_collections()


@pytest.mark.parametrize("name", COLLECTIONS)
def test_every_cell_is_what_clio_shows(name: str, first_run: Snapshot) -> None:
    columns = expected_columns(COLLECTIONS[name])
    for table, rows in expected_rows(COLLECTIONS[name], first_run.truth[name]).items():
        assert differences(first_run.tables[table], rows, columns[table]) == [], table


def test_there_are_exactly_the_declared_tables_columns_and_types(first_run: Snapshot) -> None:
    expected = {t: c for collection in COLLECTIONS.values() for t, c in expected_columns(collection).items()}
    loaded = {table: columns for table, columns in first_run.columns.items() if table != "clio_sync_log"}
    assert set(loaded) == set(expected)
    assert {t: c for t, c in loaded.items() if c != expected[t]} == {}


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("bills__matters", ["bill_id", "position"]),
        ("matters__custom_field_values", ["matter_id", "position"]),
        ("contacts__email_addresses", ["contact_id", "position"]),
        ("contacts_email_addresses", ["contact_id"]),
        ("documents_versions", ["document_id"]),
        ("court_rules_jurisdictions_triggers", ["jurisdiction_id"]),
        ("court_rules_matter_dockets", []),
        ("lauk_expense_categories", ["region"]),
        ("bills__split_invoice__linked_invoices_ids", ["bill_id", "position", "value"]),
        (
            "matters__kyc_field_values__field_possible_values",
            ["matter_id", "kyc_field_values_position", "position", "value"],
        ),
    ],
)
def test_tables_have_the_names_that_others_rely_on(table: str, key: list[str], first_run: Snapshot) -> None:
    assert list(first_run.columns[table])[: len(key)] == key


def test_a_nested_field_gives_way_to_the_id_of_its_record(first_run: Snapshot) -> None:
    for table, key in (
        ("contacts__activity_rates", "contact_id"),
        ("matters__split_invoice_payers", "matter_id"),
    ):
        assert {key, f"item__{key}"} <= first_run.columns[table].keys()


def test_the_firm_has_what_a_loader_trips_over(first_run: Snapshot) -> None:
    """Else the comparison above would prove little."""
    tables = first_run.tables
    names = [row["name"] for row in tables["contacts"]]
    assert any(not name.isascii() for name in names)
    assert any('"' in name for name in names)
    assert {"", None} <= {value for row in tables["contacts"] for value in (row["title"], row["first_name"])}
    assert min(row["id"] for row in tables["bills"]) > 2**31
    assert {type(row["id"]) for row in tables["matters__custom_field_values"]} == {str, type(None)}
    offsets = {row["created_at"][-6:] for row in first_run.truth["activities"]}
    assert offsets == {"-04:00", "-05:00"}
    assert max(row["position"] for row in tables["matters__custom_field_values"]) > 1
    assert any(row["total"] % 1 for row in tables["bills"])


def test_a_bill_by_hand(first_run: Snapshot) -> None:
    """One row worked out without any rule: the reference is a program too."""
    bill = next(bill for bill in first_run.truth["bills"] if len(bill["matters"]) > 1)
    loaded = next(row for row in first_run.tables["bills"] if row["id"] == bill["id"])
    assert loaded["total"] == Decimal(str(bill["total"]))
    assert loaded["client__name"] == bill["client"]["name"]
    assert loaded["interest__balance"] == Decimal(str(bill["interest"]["balance"]))
    assert (
        loaded["updated_at"].isoformat()
        == datetime.fromisoformat(bill["updated_at"]).astimezone(UTC).isoformat()
    )
    nested = [row for row in first_run.tables["bills__matters"] if row["bill_id"] == bill["id"]]
    assert [(row["position"], row["id"]) for row in sorted(nested, key=lambda row: row["position"])] == [
        (position, matter["id"]) for position, matter in enumerate(bill["matters"])
    ]


# Sums: the tables against the firm's own books, in SQL as an analyst writes it

LEDGER = {
    "receivable": """
        select currency__code, 'total', sum(balance) from clio.bills
        where state = 'awaiting_payment' and kind <> 'trust_kind' group by all""",
    "receivable of each": """
        select currency__code, 'by_bill', id, sum(balance) from clio.bills
        where state = 'awaiting_payment' and kind <> 'trust_kind' group by all
        union all
        select currency__code, 'by_client', client__id, sum(balance) from clio.bills
        where state = 'awaiting_payment' and kind <> 'trust_kind' group by all""",
    "cash_received": """
        select currency__code, strftime(a.date, '%Y-%m'), if(a.interest, 'interest', 'bills'), sum(a.amount)
        from clio.allocations a join clio.bills b on a.bill__id = b.id
        where a.voided_at is null and a.parent__type = 'Payment' group by all""",
    "billed": """
        select currency__code, strftime(l.date, '%Y-%m'), 'interest', sum(l.total)
        from clio.interest_charges l join clio.bills b on l.bill__id = b.id
        where b.state in ('awaiting_payment', 'paid') group by all""",
    "worked": """
        select m.currency__code, strftime(a.date, '%Y-%m'),
            if(a.type = 'TimeEntry', 'fees', 'expenses'), sum(a.total)
        from clio.activities a join clio.matters m on a.matter__id = m.id
        where not a.non_billable group by all""",
    "hours": """
        select user__id, strftime(date, '%Y-%m'), 'worked', sum(rounded_quantity_in_hours)
        from clio.activities where type = 'TimeEntry' group by all
        union all
        select user__id, strftime(date, '%Y-%m'), 'billable', sum(rounded_quantity_in_hours)
        from clio.activities where type = 'TimeEntry' and not non_billable group by all""",
    "bank_accounts": "select bank_account_id, sum(amount) from clio.bank_transactions group by all",
    "trust": """
        select matter__id, sum(t.amount)
        from clio.bank_transactions t join clio.bank_accounts a on t.bank_account_id = a.id
        where a.type = 'Trust' group by all""",
}

PARTS = {"receivable": {"total"}, "receivable of each": {"by_bill", "by_client"}, "billed": {"interest"}}


@pytest.mark.parametrize("figure", LEDGER)
def test_sums_are_those_of_the_books_to_the_cent(
    figure: str, first_run: Snapshot, first_warehouse: Warehouse
) -> None:
    books = _leaves(first_run.ledger[figure.split()[0]])
    if figure in PARTS:
        books = {path: amount for path, amount in books.items() if PARTS[figure] & {*path}}
    loaded = {
        tuple(str(part) for part in path): amount
        for *path, amount in (row.values() for row in first_warehouse.sql(LEDGER[figure]))
        if amount
    }
    assert books
    assert loaded == books


def _leaves(figures: Any, *path: str) -> dict[tuple[str, ...], Decimal]:
    if isinstance(figures, str):
        return {path: Decimal(figures)}
    return {found: v for name, inner in figures.items() for found, v in _leaves(inner, *path, name).items()}
