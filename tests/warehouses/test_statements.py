"""REPLICATE statements: the request each one sends, the rows that arrive, and what is refused and why."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from clio_sandbox import Sandbox
from clio_source import sync
from clio_source.errors import ConfigurationError
from clio_source.replicate import read_statements

from ..conftest import DAYS, Row, Warehouse, source_of
from .command import ROOT, run_command


@dataclass(frozen=True)
class Accepted:
    """What a statement sends besides order and limit, where it loads, and which records fit it."""

    sent: dict[str, str]
    fits: str  # a condition on a record `r` of Clio's, in Python
    fields: str | None = None
    dataset: str | None = None
    told: str = ""


ALL = "True"
PAID = "r['state'] == 'paid'"
ACCEPTED: dict[str, Accepted] = {
    "REPLICATE Bills": Accepted({}, ALL),
    "replicate LineItems;": Accepted({}, ALL),
    "REPLICATE PROD.Bills": Accepted({}, ALL, dataset="prod"),
    "REPLICATE PROD_LineItems": Accepted({}, ALL, dataset="prod"),
    "REPLICATE Bills SELECT id, total, client__name FROM Bills": Accepted(
        {}, ALL, "id,total,updated_at,client{name}", told="updated_at loaded too"
    ),
    "REPLICATE Bills SELECT number, matters FROM bills": Accepted(
        {}, ALL, "id,number,updated_at,matters{id,display_number}", told="id, updated_at loaded too"
    ),
    "REPLICATE PROD_Bills SELECT id, total FROM Bills WHERE updated_at > '2026-01-01'": Accepted(
        {"updated_since": "2025-12-31T23:59:59Z"}, "r['updated_at'] > '2026-01-01'",
        "id,total,updated_at", "prod", "sent as updated_since",
    ),
    "REPLICATE Bills SELECT * FROM Bills WHERE created_at >= '2026-01-01T00:00:00+00:00'": Accepted(
        {"created_since": "2025-12-31T23:59:59Z"}, "r['created_at'] >= '2026-01-01'",
        told="sent as created_since",
    ),
    "REPLICATE Bills SELECT * FROM Bills WHERE state = 'paid'": Accepted(
        {"state": "paid"}, PAID, told="sent as state"
    ),
    "REPLICATE Bills SELECT * FROM Bills WHERE state IN ('paid', 'void')": Accepted(
        {}, "r['state'] in ('paid', 'void')", told="checked after reading"
    ),
    "REPLICATE Bills SELECT * FROM Bills WHERE state = 'paid' AND total > 1000.5": Accepted(
        {"state": "paid"}, PAID + " and r['total'] > 1000.5",
        told="`total > 1000.5` is checked after reading",
    ),
    "REPLICATE Bills SELECT * FROM Bills WHERE issued_at >= '2026-02-01' AND issued_at < '2026-04-01'"
    "": Accepted(
        {"issued_after": "2026-01-31", "issued_before": "2026-04-02"},
        "'2026-02-01' <= (r['issued_at'] or '') < '2026-04-01'", told="sent as issued_after",
    ),
    "REPLICATE Activities SELECT * FROM Activities WHERE type = 'TimeEntry' AND '2026-03-01' <= date"
    "": Accepted(
        {"type": "TimeEntry", "start_date": "2026-02-28"},
        "r['type'] == 'TimeEntry' and r['date'] >= '2026-03-01'",
    ),
    "REPLICATE Activities SELECT id FROM Activities WHERE non_billable = TRUE": Accepted(
        {}, "r['non_billable']", "id,non_billable,updated_at"
    ),
    "REPLICATE Matters SELECT id, status FROM Matters WHERE status = 'Open'": Accepted(
        {"status": "open"}, "r['status'] == 'Open'", "id,status,updated_at"
    ),
    "REPLICATE Contacts SELECT * FROM Contacts WHERE type <> 'Company' AND title IS NOT NULL": Accepted(
        {}, "r['type'] != 'Company' and r['title'] is not None"
    ),
}  # fmt: skip

REFUSED: dict[str, str] = {
    "SELECT * FROM Bills": "does not begin with REPLICATE",
    "REPLICATE Invoices": "there is no table `Invoices`",
    "REPLICATE Bills SELECT price FROM Bills": "bills has no column `price`",
    "REPLICATE Bills SELECT sum(total) FROM Bills": "`SUM(total)` is more than a column",
    "REPLICATE Bills SELECT total AS t FROM Bills": "`total AS t` is more than a column",
    "REPLICATE Bills SELECT * FROM Matters": "does not select from bills",
    "REPLICATE Bills SELECT * FROM Bills JOIN Matters ON 1 = 1": "JOINS cannot be asked of Clio",
    "REPLICATE Bills SELECT * FROM Bills ORDER BY id": "ORDER cannot be asked",
    "REPLICATE Bills SELECT * FROM Bills LIMIT 5": "LIMIT cannot be asked",
    "REPLICATE Bills SELECT state FROM Bills GROUP BY state": "GROUP cannot be asked",
    "REPLICATE Bills SELECT * FROM Bills WHERE state = 'paid' OR total > 5": "cannot be a condition",
    "REPLICATE Bills SELECT * FROM Bills WHERE upper(state) = 'PAID'": "compare one column",
    "REPLICATE Bills SELECT * FROM Bills WHERE state = 'Paid'": "state is one of draft, awaiting_approval",
    "REPLICATE Bills SELECT * FROM Bills WHERE due_at > 'soon'": "due_at is a date",
    "REPLICATE Bills SELECT * FROM Bills WHERE id IN (SELECT 1)": "compare one column",
    "REPLICATE Bills; REPLICATE Bills SELECT id FROM Bills": "replicated twice into one dataset",
    "REPLICATE Bills DROP TABLE Bills": "`DROP` follows the table",
    "REPLICATE Bills SELECT 'x FROM Bills": "a quote is not closed",
    "REPLICATE documents_versions SELECT * FROM documents_versions WHERE id = 1": "read per document",
}


@pytest.fixture(scope="module")
def clio() -> Iterator[Sandbox]:
    with Sandbox("small") as sandbox:
        yield sandbox


def load(clio: Sandbox, statement: str, folder: Path) -> Warehouse:
    """Loads what one statement asks for, into the dataset `clio`."""
    (read,) = read_statements(statement)
    warehouse = Warehouse(folder)
    source = source_of(clio, collections={read.collection.name: read.collection})
    receipts = sync(warehouse.pipeline(), source)
    assert {receipt.outcome for receipt in receipts} == {"complete"}, receipts[0].why
    return warehouse


@pytest.mark.parametrize("statement", ACCEPTED)
def test_a_statement_sends_what_clio_can_filter_and_loads_what_fits(
    statement: str, clio: Sandbox, tmp_path: Path
) -> None:
    case = ACCEPTED[statement]
    (read,) = read_statements(statement)
    assert read.dataset == case.dataset
    assert case.told in "; ".join(read.notes)
    name = read.collection.name
    clio.control.forget_requests()
    loaded = load(clio, statement, tmp_path).rows(name)
    for request in clio.control.requests(name):
        sent = dict(request.parameters)
        fields = sent.pop("fields")
        assert case.fields in (None, fields)
        assert {k: v for k, v in sent.items() if k not in ("limit", "order", "page_token")} == case.sent
    records = clio.truth(
        name, "id,state,total,issued_at,created_at,updated_at" if name == "bills" else FIELDS[name]
    )
    fits = [r["id"] for r in map(utc, records) if eval(case.fits, {"r": r})]  # noqa: S307
    assert fits
    assert sorted(row["id"] for row in loaded) == sorted(fits)


FIELDS = {
    "line_items": "id",
    "activities": "id,type,date,non_billable",
    "matters": "id,status",
    "contacts": "id,type,title",
}


def utc(record: Row) -> Row:
    moments = [name for name in ("created_at", "updated_at") if name in record]
    return record | {n: datetime.fromisoformat(record[n]).astimezone(UTC).isoformat() for n in moments}


@pytest.mark.parametrize("statement", REFUSED)
def test_what_cannot_be_done_is_refused_with_its_reason(statement: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        read_statements(statement)
    assert REFUSED[statement] in str(told.value).replace("Compare", "compare").replace(
        "State", "state"
    ).replace("Due", "due")
    assert str(told.value).startswith("Statement `")


def test_what_no_longer_fits_leaves_the_table_with_its_nested_rows(tmp_path: Path) -> None:
    statement = "REPLICATE Bills SELECT * FROM Bills WHERE state = 'awaiting_payment'"
    with Sandbox("small") as clio:
        before = {r["id"] for r in clio.truth("bills", "id,state") if r["state"] == "awaiting_payment"}
        load(clio, statement, tmp_path)
        clio.control.advance(4 * DAYS)
        warehouse = load(clio, statement, tmp_path)
        now = {r["id"] for r in clio.truth("bills", "id,state") if r["state"] == "awaiting_payment"}
    assert before - now
    assert {row["id"] for row in warehouse.rows("bills")} == now
    assert {row["bill_id"] for row in warehouse.rows("bills__matters")} <= now


def test_another_statement_does_not_go_on_from_the_first(tmp_path: Path) -> None:
    with Sandbox("small") as clio:
        warehouse = load(clio, "REPLICATE Currencies", tmp_path)
        (other,) = read_statements("REPLICATE Currencies SELECT id FROM Currencies")
        source = source_of(clio, collections={"currencies": other.collection})
        (receipt,) = sync(warehouse.pipeline(), source)
    assert receipt.outcome == "failed"
    assert "loaded with other columns or conditions" in str(receipt.why)


def test_a_file_of_statements_fills_its_datasets(tmp_path: Path) -> None:
    (tmp_path / "bills.sql").write_text(
        "-- what the auditors get\nREPLICATE AUDIT.Bills SELECT id, total FROM Bills WHERE state = 'paid';\n"
        "REPLICATE Currencies;"
    )
    with Sandbox("small") as clio:
        done = run_command("clio_to_duckdb.py", tmp_path, clio, "--replicate", "bills.sql")
        paid = [r["id"] for r in clio.truth("bills", "id,state") if r["state"] == "paid"]
    assert done.code == 0, done.err
    assert "bills into audit: `state = 'paid'` is sent as state" in done.out
    warehouse = Warehouse(tmp_path)
    assert {row["id"] for row in warehouse.sql("from audit.bills")} == set(paid)
    assert warehouse.rows("currencies")


def test_every_parameter_that_we_know_is_in_clios_specification() -> None:
    known = yaml.safe_load((ROOT / "clio_source" / "filters.yaml").read_text())
    endpoints = json.loads((ROOT / "clio_sandbox" / "catalog.json").read_text())["endpoints"]
    for side in ("equal", "from", "to"):
        for name, columns in known[side].items():
            parameters = endpoints[name.replace("clio_payments_", "clio_payments/")]["parameters"]
            for told in columns.values():
                parameter = told["parameter"] if isinstance(told, dict) else told
                values = set(told["values"].values()) if isinstance(told, dict) else set()
                assert parameter in parameters, (name, told)
                assert values <= set(parameters[parameter].get("enum", values))
