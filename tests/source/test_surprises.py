"""A reply that does not fit its declaration: nothing is lost, the rest loads, and no value is told."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from clio_sandbox import Sandbox
from clio_sandbox.firm import Id
from clio_source.collection import load_collections
from clio_source.receipt import Receipt

from ..conftest import Row, Warehouse, truth
from .reference import differences, expected_columns, expected_rows

BILLS = load_collections()["bills"]
NOTHING: frozenset[tuple[str, str]] = frozenset()


def raw(json: str) -> Any:
    """A value that goes over the wire exactly as it is written here."""
    return orjson.Fragment(json)


@dataclass(frozen=True)
class Case:
    """What Clio shows in a bill, and what the bill's row then is."""

    shown: Row
    loaded: Row
    told: frozenset[tuple[str, str]] = NOTHING  # column and kind of the surprises, in the table bills
    nested: dict[str, list[Row]] = field(default_factory=dict)


def show(clio: Sandbox, collection: str, record_id: Id, shown: Row) -> None:
    """Makes Clio show a record like this, though it fits no form; the firm's books do not see it."""
    with clio.lock:
        record = clio.firm.records[collection][record_id]
        for name, value in shown.items():
            inner = isinstance(value, dict) and isinstance(record[name], dict)
            record[name] = {**record[name], **value} if inner else value
        record["updated_at"] = clio.control.now()


def misfit(column: str, json: str, text: str) -> Case:
    """A value of another type: null in its column, and its text beside it."""
    *above, name = column.split("__")
    shown: Any = raw(json)
    for outer in reversed(above):
        shown, name = {name: shown}, outer
    return Case({name: shown}, {column: None, f"{column}__v_text": text}, frozenset({(column, "type")}))


BEYOND = "1234567890123456789012345678901.25"  # 31 digits before the point; a decimal(38, 9) has 29
CASES: dict[str, Case] = {
    "text for money": misfit("total", '"12.50 USD"', "12.50 USD"),
    "more digits than a decimal has": misfit("total", BEYOND, BEYOND),
    "more places than a decimal has": misfit("balance", "0.12345678901", "0.12345678901"),
    "a money that is not a number": misfit("paid", "NaN", "NaN"),
    "the text NaN for money": misfit("paid", '"NaN"', "NaN"),
    "the text Infinity for money": misfit("paid", '"Infinity"', "Infinity"),
    "an empty text for money": misfit("due", '""', ""),
    "a truth for money": misfit("due", "true", "true"),
    "a fraction for an integer": misfit("group__id", "1.5", "1.5"),
    "more than 64 bits": misfit("user__id", "9223372036854775808", "9223372036854775808"),
    "a text for a boolean": misfit("shared", '"true"', "true"),
    "a number for a boolean": misfit("shared", "1", "1"),
    "no timestamp": misfit("paid_at", '"yesterday"', "yesterday"),
    "a day that is none": misfit("paid_at", '"2026-02-30T10:00:00Z"', "2026-02-30T10:00:00Z"),
    "an empty text for a timestamp": misfit("last_sent_at", '""', ""),
    "a number for a timestamp": misfit("last_sent_at", "1782853200", "1782853200"),
    "an empty text for a date": misfit("issued_at", '""', ""),
    "another way to write a date": misfit("due_at", '"06/30/2026"', "06/30/2026"),
    "a timestamp for a date": misfit("due_at", '"2026-06-30T10:00:00Z"', "2026-06-30T10:00:00Z"),
    "an object for a date": misfit("start_at", '{"day": 3}', '{"day":3}'),
    "a list for a boolean": misfit("can_update", "[true, null]", "[true,null]"),
    "a text for an object": Case(
        {"discount": raw('"none"')},
        {"discount__rate": None, "discount__v_text": "none"},
        frozenset({("discount", "type")}),
    ),
    "a text for a list": Case(
        {"matters": "many"}, {"matters__v_text": "many"}, frozenset({("matters", "type")}), {"matters": []}
    ),
    "an object for a list": Case(
        {"matters": {"id": 1, "display_number": "x"}},
        {"matters__v_text": '{"id":1,"display_number":"x"}'},
        frozenset({("matters", "type")}),
        {"matters": []},
    ),
    "an object for a text": Case({"memo": raw('{"a": [1, "ü"]}')}, {"memo": '{"a":[1,"ü"]}'}),
    "a number for a text": Case({"memo": raw("1.10")}, {"memo": "1.10"}),
    "a new value": Case({"state": "frozen"}, {"state": "frozen"}, frozenset({("state", "value")})),
    "a whole number with a point": Case({"total": raw("7.0")}, {"total": Decimal(7)}),
    "a number with an exponent": Case({"total": raw("1.5e3")}, {"total": Decimal(1500)}),
    "the largest that fits": Case(
        {"total": raw("12345678901234567890123456789.123456789")},
        {"total": Decimal("12345678901234567890123456789.123456789")},
    ),
    "a fraction of a second": Case(
        {"paid_at": raw('"2026-02-03T10:00:00.123456+01:00"')},
        {"paid_at": datetime(2026, 2, 3, 9, 0, 0, 123456, UTC)},
    ),
    "half of a surrogate pair": Case({"memo": raw('"a\\ud800b"')}, {"memo": "a\\ud800b"}),
    "a whole surrogate pair": Case({"memo": raw('"\\ud83d\\ude00"')}, {"memo": "😀"}),
    "line breaks between the values": Case({"memo": raw('\r\n  "a"\n ')}, {"memo": "a"}),
    "line breaks within a value": Case({"memo": raw('"a\\r\\nb\\u2028c"')}, {"memo": "a\r\nb\u2028c"}),
    "a null character": Case({"memo": raw('"a\\u0000b"')}, {"memo": "a\0b"}),
    "a text that reads null": Case({"memo": "null", "subject": ""}, {"memo": "null", "subject": ""}),
    "a long text": Case({"memo": "§" * 1_000_000}, {"memo": "§" * 1_000_000}),
    "a nested row without an id": Case(
        {"matters": [{"id": None, "display_number": "x"}]},
        {},
        nested={"matters": [{"position": 0, "id": None, "display_number": "x"}]},
    ),
    "null in a nested list": Case(
        {"matters": [None, {"id": 5, "display_number": "y"}]},
        {},
        nested={
            "matters": [
                {"position": 0, "id": None, "display_number": None},
                {"position": 1, "id": 5, "display_number": "y"},
            ]
        },
    ),
    "a text for a nested id": Case(
        {"matters": [{"id": "A-1", "display_number": "z"}]},
        {},
        nested={"matters": [{"position": 0, "id": None, "id__v_text": "A-1", "display_number": "z"}]},
    ),
}


@dataclass(frozen=True)
class Loaded:
    """One load of all cases, each on a bill of its own."""

    bills: dict[str, int]  # case -> the id of its bill
    before: list[Row]  # the bills as they were
    after: dict[int, Row]
    tables: dict[str, list[Row]]
    receipt: Receipt


@pytest.fixture(scope="module")
def surprised(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    warehouse = Warehouse(tmp_path_factory.mktemp("surprised"))
    with Sandbox("small") as clio:
        before = truth(clio, BILLS)
        bills = {case: row["id"] for case, row in zip(CASES, before, strict=False)}
        for case, bill in bills.items():
            show(clio, "bills", bill, CASES[case].shown)
        receipt = warehouse.sync(clio, "bills")["bills"]
        stamps: list[Row] = [*clio.truth("bills", "id,etag,updated_at")]
    after = {row["id"]: row for row in stamps}
    return Loaded(bills, before, after, warehouse.tables(), receipt)


@pytest.mark.parametrize("case", CASES)
def test_nothing_of_a_surprising_record_is_lost(case: str, surprised: Loaded) -> None:
    bill, expected = surprised.bills[case], CASES[case]
    row = next(row for row in surprised.tables["bills"] if row["id"] == bill)
    assert {name: row[name] for name in expected.loaded} == expected.loaded
    variants = {name for name, value in row.items() if name.endswith("__v_text") and value is not None}
    assert variants == {name for name in expected.loaded if name.endswith("__v_text")}
    for name, rows in expected.nested.items():
        nested = [r for r in surprised.tables[f"bills__{name}"] if r["bill_id"] == bill]
        assert [{k: r[k] for k in want} for r, want in zip(nested, rows, strict=True)] == rows


def test_everything_else_loads_as_ever(surprised: Loaded) -> None:
    changed = {surprised.bills[case]: CASES[case].shown.keys() for case in CASES}
    tables = {name: expected_columns(BILLS)[name] for name in ("bills", "bills__balances")}
    for table, columns in tables.items():
        key = "id" if table == "bills" else "bill_id"
        expected = expected_rows(BILLS, [row | surprised.after[row["id"]] for row in surprised.before])[table]
        loaded = [dict(row) for row in surprised.tables[table]]
        for row in [*expected, *loaded]:
            row |= {c: "surprise" for c in columns if c.split("__")[0] in changed.get(row[key], ())}
        assert differences(loaded, expected, columns) == []


def test_surprises_are_told_by_column_and_count_without_a_value(surprised: Loaded) -> None:
    told = {(s.table, s.column, s.kind): s.rows for s in surprised.receipt.list_surprises()}
    expected: dict[tuple[str, str, str], int] = {}
    for case in CASES.values():
        for column, kind in case.told:
            expected["bills", column, kind] = expected.get(("bills", column, kind), 0) + 1
    nested = {("bills__matters", "id", "id"): 3, ("bills__matters", "id", "type"): 1}
    assert told == expected | nested
    text = " ".join(map(str, surprised.receipt.list_surprises()))
    for value in ("12.50", BEYOND, "yesterday", "frozen", "many", "A-1", "06/30/2026"):
        assert value not in text
    assert surprised.receipt.outcome == "complete"


# Records that cannot be told apart


def test_records_without_a_usable_id_are_loaded_and_not_doubled(warehouse: Warehouse) -> None:
    """They cannot be merged; so they must not be loaded again for lying in the overlap of two sweeps."""
    ids = ["null", "null", '"A-1"', "1.5"]
    with Sandbox("small") as clio:
        for area, shown in zip(clio.firm.records["practice_areas"], ids, strict=False):
            show(clio, "practice_areas", area, {"id": raw(shown)})
        expected = sorted(str(row["name"]) for row in clio.truth("practice_areas", "name"))
        receipts = [warehouse.sync(clio, "practice_areas")["practice_areas"] for _ in range(3)]
    rows = warehouse.rows("practice_areas")
    assert sorted(row["name"] for row in rows) == expected
    assert [row["id__v_text"] for row in rows if row["id"] is None].count(None) == 2
    assert {row["id__v_text"] for row in rows if row["id"] is None} == {None, "A-1", "1.5"}
    told = {(surprise.column, surprise.kind): surprise.rows for surprise in receipts[0].list_surprises()}
    assert told == {("id", "id"): 4, ("id", "type"): 2}


def test_a_key_that_comes_twice_stops_nothing(warehouse: Warehouse) -> None:
    with Sandbox("small") as clio:
        area = next(iter(clio.firm.records["practice_areas"]))
        show(clio, "practice_areas", area, {"code": raw('"A","code":"B"')})
        receipt = warehouse.sync(clio, "practice_areas")["practice_areas"]
        count = len(clio.firm.records["practice_areas"])
    rows = warehouse.rows("practice_areas")
    assert (receipt.outcome, len(rows)) == ("complete", count)
    assert next(row["code"] for row in rows if row["id"] == area) in ("A", "B")


def test_a_second_surprise_adds_its_column_and_keeps_the_first(warehouse: Warehouse) -> None:
    with Sandbox("small") as clio:
        one, other = list(clio.firm.records["allocations"])[:2]
        show(clio, "allocations", one, {"amount": "much"})
        warehouse.sync(clio, "allocations")
        show(clio, "allocations", other, {"date": "soon"})
        warehouse.sync(clio, "allocations")
    rows = {row["id"]: row for row in warehouse.rows("allocations")}
    assert (rows[one]["amount"], rows[one]["amount__v_text"]) == (None, "much")
    assert (rows[other]["date"], rows[other]["date__v_text"]) == (None, "soon")
