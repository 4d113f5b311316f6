"""Decoding in C++ by declaration gives what slow decoding in plain Python gives, whatever a reply holds."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clio_source.arrow import Decoded, decode
from clio_source.collection import WHOLE_LIST, Collection, Field, List, Object, Scalar
from clio_source.layout import tables_of
from clio_source.repeats import Repeats

from .declarations import collections
from .reference import Row, decode_slowly
from .replies import JUNK, pages, write

Rows = dict[str, list[Row]]

quick = settings(max_examples=40)


def constants_of(collection: Collection) -> dict[str, str | int]:
    told: dict[str, str | int] = {WHOLE_LIST: collection.name, "region": "London", "parent_id": 7}
    return {name: told[name] for name in collection.constants}


def decoded(collection: Collection, *bodies: bytes) -> Decoded:
    return decode(collection, bodies, constants_of(collection), Repeats({}, None))


def rows_of(tables: dict[str, pa.Table]) -> Rows:
    """Returns the cells that are not null, rows in an order of their own."""
    return {
        name: sorted(
            ({k: v for k, v in row.items() if v is not None} for row in table.to_pylist()), key=_in_order
        )
        for name, table in tables.items()
    }


def _in_order(row: Row) -> str:
    """Equal rows have equal texts, though 0.00 and 0E-9 are equal too."""
    return str(sorted((n, f"{v or 0:.9f}" if isinstance(v, Decimal) else str(v)) for n, v in row.items()))


def counted(result: Decoded) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for surprise in result.surprises:
        found[surprise.table, surprise.column, surprise.kind] += surprise.rows
    return found


def assert_as_declared(collection: Collection, result: Decoded) -> None:
    """Every table is there with its declared columns and types in order, variants of text behind them."""
    layouts = tables_of(collection)
    assert list(result.tables) == list(layouts)
    for name, layout in layouts.items():
        schema = result.tables[name].schema
        declared = len(layout.schema)
        assert [*schema][:declared] == [*layout.schema]
        assert all(
            extra.name.endswith("__v_text") and extra.type == pa.string() for extra in [*schema][declared:]
        )


@quick
@given(st.data(), collections(), st.booleans(), st.integers(0, 11))
def test_a_page_decodes_as_the_rules_say(
    data: st.DataObject, collection: Collection, misfits: bool, style: int
) -> None:
    records = data.draw(pages(collection, misfits=misfits))
    result = decoded(collection, write(records, style))
    expected = decode_slowly(collection, records, dict(constants_of(collection)))
    assert_as_declared(collection, result)
    assert rows_of(result.tables) == {
        name: sorted(rows, key=_in_order) for name, rows in expected.tables.items()
    }
    assert counted(result) == +expected.surprises


@quick
@given(st.data(), collections())
def test_a_batch_decodes_as_its_pages_do(data: st.DataObject, collection: Collection) -> None:
    bodies = [
        write(data.draw(pages(collection, misfits=data.draw(st.booleans()), first_id=100 * page)), page)
        for page in range(data.draw(st.integers(2, 3)))
    ]
    batch = decoded(collection, *bodies)
    singles = [decoded(collection, body) for body in bodies]
    assert_as_declared(collection, batch)
    together = {
        name: [row for single in singles for row in rows_of(single.tables)[name]] for name in batch.tables
    }
    assert rows_of(batch.tables) == {name: sorted(rows, key=_in_order) for name, rows in together.items()}
    assert counted(batch) == sum((counted(single) for single in singles), Counter())


@quick
@given(st.data(), collections())
def test_one_misfit_changes_no_other_cell(data: st.DataObject, collection: Collection) -> None:
    records = data.draw(pages(collection, misfits=False, fewest=1))
    columns = [name for name, f in collection.fields if isinstance(f, Scalar) and name != "id"]
    column = data.draw(st.sampled_from(columns))
    before = rows_of(decoded(collection, write(records)).tables)
    data.draw(st.sampled_from(records))[column] = data.draw(st.sampled_from(JUNK))
    after = rows_of(decoded(collection, write(records)).tables)
    for tables in (before, after):
        for row in tables[collection.name]:
            row.pop(column, None)
            row.pop(f"{column}__v_text", None)
        tables[collection.name].sort(key=_in_order)
    assert after == before


def works(**fields: Field) -> Collection:
    return Collection(
        name="works", path="works", record="Work", fields=Object({"id": Scalar("integer"), **fields})
    )


def cell(declared: Field, value: str) -> Row:
    """Returns the row of a record with one field `x`, whose JSON is given, less its id."""
    result = decoded(works(x=declared), b'{"data":[{"id":1,"x":' + value.encode() + b'}],"meta":{}}')
    [row] = rows_of(result.tables)["works"]
    assert row.pop("id") == 1
    return row


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("money", "0.1", {"x": Decimal("0.1")}),
        (
            "money",
            "12345678901234567890123456789.123456789",
            {"x": Decimal("12345678901234567890123456789.123456789")},
        ),
        ("money", "123456789012345678901234567890", {"x__v_text": "123456789012345678901234567890"}),
        ("money", "0.0000000001", {"x__v_text": "0.0000000001"}),
        ("money", "1e400", {"x__v_text": "1e400"}),
        ("money", '"12.50"', {"x": Decimal("12.5")}),
        ("money", '"twelve"', {"x__v_text": "twelve"}),
        ("integer", "9223372036854775807", {"x": 2**63 - 1}),
        ("integer", "9223372036854775808", {"x__v_text": "9223372036854775808"}),
        ("integer", "1.0", {"x": 1}),
        ("integer", "1.5", {"x__v_text": "1.5"}),
        ("boolean", "0", {"x__v_text": "0"}),
        ("text", "0.10", {"x": "0.10"}),
        ("text", '{"a": [1.10, true]}', {"x": '{"a":[1.10,true]}'}),
        ("text", '"a\\u0000b"', {"x": "a\x00b"}),
        ("text", '"\\ud83d\\ude00"', {"x": "😀"}),
        ("text", '"\\ud83d"', {"x": "\\ud83d"}),
        ("text", '"\\udc00"', {"x": "\\udc00"}),
        ("date", '"2026-02-30"', {"x__v_text": "2026-02-30"}),
        ("date", '"2026-06-30T00:00:00Z"', {"x__v_text": "2026-06-30T00:00:00Z"}),
        ("timestamp", "1782907200", {"x__v_text": "1782907200"}),
        ("timestamp", '"soon"', {"x__v_text": "soon"}),
        ("timestamp", '"2026-06-30T12:00:00-04:00"', {"x": datetime(2026, 6, 30, 16, tzinfo=UTC)}),
        ("timestamp", '"2026-06-30T12:00:00"', {"x__v_text": "2026-06-30T12:00:00"}),  # no offset: no guess
        ("money", "NaN", {"x__v_text": "NaN"}),
        ("money", '"1_000"', {"x__v_text": "1_000"}),
    ],
)
def test_a_value_is_exact_or_kept_as_text(kind: str, value: str, expected: Row) -> None:
    assert cell(Scalar(kind), value) == expected  # type: ignore[arg-type]  # a ScalarType


LINES = List(Object({"id": Scalar("integer"), "work_id": Scalar("integer"), "position": Scalar("text")}))


@pytest.mark.parametrize(
    "reply", ['{"id":1}', '{"id":1,"lines":null}', '{"id":1,"lines":[]}', '{"id":1,"lines":7}']
)
def test_a_list_without_rows_says_that_its_old_rows_go(reply: str) -> None:
    result = decoded(
        works(lines=LINES), f'{{"data":[{reply},{{"id":2,"lines":[{{}}]}}],"meta":{{}}}}'.encode()
    )
    assert rows_of(result.tables)["works__lines"] == [
        {"work_id": 1, "_clio_removed": True},
        {"work_id": 2, "position": 0},
    ]


def test_an_emptied_list_within_a_list_is_replaced_with_its_record() -> None:
    deep = List(Object({"parts": List(Object({"id": Scalar("integer")}))}))
    body = b'{"data":[{"id":1,"lines":[{"parts":[]},{"parts":[{"id":5}]}]},{"id":2,"lines":[{}]}]}'
    assert rows_of(decoded(works(lines=deep), body).tables)["works__lines__parts"] == [
        {"work_id": 2, "_clio_removed": True},
        {"work_id": 1, "lines_position": 1, "position": 0, "id": 5},
    ]


def test_a_nested_field_that_is_named_like_a_key_keeps_both() -> None:
    body = b'{"data":[{"id":1,"lines":[{"id":9,"work_id":8,"position":"top"}]}]}'
    assert rows_of(decoded(works(lines=LINES), body).tables)["works__lines"] == [
        {"work_id": 1, "position": 0, "id": 9, "item__work_id": 8, "item__position": "top"}
    ]


def test_the_variant_of_a_renamed_column_has_its_new_name() -> None:
    result = decoded(works(lines=LINES), b'{"data":[{"id":1,"lines":[{"id":9,"work_id":"x"}]}]}')
    assert rows_of(result.tables)["works__lines"] == [
        {"work_id": 1, "position": 0, "id": 9, "item__work_id__v_text": "x"}
    ]


def test_what_is_not_utf_8_is_kept_readable() -> None:
    result = decoded(works(x=Scalar("text")), b'{"data":[{"id":1,"x":"caf\xe9"},{"id":2,"x":"caf\xc3\xa9"}]}')
    assert [row["x"] for row in rows_of(result.tables)["works"]] == ["caf\\udce9", "café"]


@pytest.mark.parametrize(
    "body", [b'{"data":[{"id":1]}', b'{"data":[null]}', b'{"data":[[]]}', b'{"data":{"id":1}}', b""]
)
def test_what_is_no_list_of_records_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any: its text is nobody's concern
        decoded(works(), body)
