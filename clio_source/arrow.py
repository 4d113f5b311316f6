"""Page bytes to Arrow tables, by declaration.

A batch of replies is parsed in C++ with the declared types; no row becomes a Python object, and money is
read from the digits that Clio sent. A reply like ::

    {"data": [{"id": 7, "total": 10.10, "client": {"id": 3}, "matters": [{"id": 1}, {"id": 2}]}], "meta": {}}

becomes the tables ::

    bills            id 7, total 10.100000000, client__id 3
    bills__matters   bill_id 7, position 0, id 1;  bill_id 7, position 1, id 2

A reply that does not fit its declaration is read again by `surprise.py`, value by value.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from .collection import Collection, Field, List, Object, Scalar
from .layout import (
    ARROW_TYPES,
    POSITION,
    REMOVED,
    VALUE,
    Layout,
    constant_type,
    item_column,
    outer_position,
    record_key,
    tables_of,
)
from .repeats import Repeats
from .surprise import VARIANT, Surprise, read_surprising, unknown_values

Constants = Mapping[str, str | int]
Columns = Mapping[str, pa.Array]


@dataclass(frozen=True)
class Decoded:
    """The tables of some replies by name, and what did not fit the declaration."""

    tables: dict[str, pa.Table]
    surprises: tuple[Surprise, ...]


def decode(
    collection: Collection, bodies: Sequence[bytes], constants: Constants, repeats: Repeats
) -> Decoded:
    """Returns the tables of a batch of replies to one list request.

    Args:
        bodies: complete JSON replies, each with `data` as a list of records.
        constants: values of `collection.constants`, the same for every row of the batch.
        repeats: what to leave out because it came before.

    Raises:
        ValueError: a reply is not JSON, or a record is not an object.
    """
    try:
        tables = _as_tables(collection, _parse(collection, bodies), constants, repeats)
        return Decoded(tables, unknown_values(collection, tables))
    except pa.ArrowInvalid:
        parts = [_decode_one(collection, body, constants, repeats) for body in bodies]
    return Decoded(
        {
            name: pa.concat_tables([part.tables[name] for part in parts], promote_options="default")
            for name in tables_of(collection)
        },
        tuple(surprise for part in parts for surprise in part.surprises),
    )


def wire_type(declared: Field) -> pa.DataType:
    """Returns the Arrow type in which a declared field is read from JSON.

    Dates and times are read as text and cast: Arrow's JSON reader knows no dates, and takes a time
    without an offset for UTC, where the cast refuses to guess.
    """
    if isinstance(declared, Scalar):
        return pa.string() if declared.type in ("date", "timestamp") else ARROW_TYPES[declared.type]
    if isinstance(declared, List):
        return pa.list_(wire_type(declared.item))
    return pa.struct([pa.field(name, wire_type(nested)) for name, nested in declared])


def _decode_one(collection: Collection, body: bytes, constants: Constants, repeats: Repeats) -> Decoded:
    surprises: tuple[Surprise, ...] = ()
    try:
        tables = _as_tables(collection, _parse(collection, [body]), constants, repeats)
    except pa.ArrowInvalid:
        records, surprises = read_surprising(collection, body, wire_type(collection.fields))
        tables = _as_tables(collection, records, constants, repeats)
    return Decoded(tables, surprises + unknown_values(collection, tables))


def _as_tables(
    collection: Collection, records: pa.StructArray, constants: Constants, repeats: Repeats
) -> dict[str, pa.Table]:
    fresh = repeats.select(records)
    tables = _flatten(collection, fresh, constants)
    repeats.accept(fresh)
    return tables


def _parse(collection: Collection, bodies: Sequence[bytes]) -> pa.StructArray:
    for body in bodies:
        _check_text(body)
    # Outside a string a line break is white space, and inside it is written \n: so one reply a line.
    lines = b"\n".join(body.replace(b"\n", b" ").replace(b"\r", b" ") for body in bodies)
    table = pj.read_json(
        pa.BufferReader(lines),
        read_options=pj.ReadOptions(use_threads=True, block_size=len(lines) // 2 + max(map(len, bodies))),
        parse_options=pj.ParseOptions(
            explicit_schema=pa.schema([("data", pa.list_(wire_type(collection.fields)))]),
            unexpected_field_behavior="ignore",
        ),
    )
    records = pa.concat_arrays([chunk.flatten() for chunk in table["data"].chunks])
    if records.null_count:
        raise pa.ArrowInvalid("a record is null")
    return records


def _check_text(body: bytes) -> None:
    """Arrow takes bytes that are not UTF-8 for text, and the warehouse then refuses the whole load."""
    try:
        str(body, "utf-8")
    except UnicodeDecodeError as wrong:
        raise pa.ArrowInvalid("not UTF-8") from wrong


def _flatten(collection: Collection, records: pa.StructArray, constants: Constants) -> dict[str, pa.Table]:
    layouts = tables_of(collection)
    own: dict[str, pa.Array] = {}
    lists: list[tuple[str, List, pa.ListArray]] = []
    for name, declared, array in _walk(records, collection.fields):
        if isinstance(declared, List):
            lists.append((f"{collection.name}__{name}", declared, array))
        else:
            own[name] = array
    for name, value in constants.items():
        own[name] = pa.repeat(pa.scalar(value, constant_type(collection, name)), len(records))
    record = {name: own[name] for name in collection.constants} | {record_key(collection): own["id"]}
    tables = {collection.name: _table(layouts[collection.name], own)}
    for name, declared, array in lists:
        tables |= _list_tables(layouts, name, declared, array, record, record)
    return tables


def _walk(
    records: pa.StructArray, declared: Object, prefix: str = ""
) -> Iterator[tuple[str, Field, pa.Array]]:
    """Yields every column and nested list of an array of records, nested objects flattened."""
    for arrow_field, array in zip(records.type, records.flatten(), strict=True):
        name = arrow_field.name
        nested = declared.fields.get(name, VARIANT)
        if isinstance(nested, Object):
            yield from _walk(array, nested, f"{prefix}{name}__")
            continue
        if isinstance(nested, Scalar):
            array = _as_column(array, nested)
        yield prefix + name, nested, array


def _as_column(array: pa.Array, declared: Scalar) -> pa.Array:
    if pa.types.is_decimal(array.type):
        array.validate(full=True)  # Arrow's JSON reader lets 39 digits into a decimal of 38
    column = array.cast(ARROW_TYPES[declared.type])
    if declared.type in ("date", "timestamp"):
        years = pc.min_max(pc.year(column)).as_py()
        if years["min"] is not None and not 1 <= years["min"] <= years["max"] <= 9999:
            raise pa.ArrowInvalid("a year that no warehouse takes")
    return column


def _list_tables(
    layouts: Mapping[str, Layout],
    name: str,
    declared: List,
    lists: pa.ListArray,
    record: Columns,
    outer: Columns,
) -> dict[str, pa.Table]:
    """Returns the table of one nested list, and those of the lists inside its rows.

    Args:
        record: key columns of the records, one row per record.
        outer: key columns of what the lists hang on, one row per list.
    """
    lengths = pc.fill_null(pc.list_value_length(lists), 0)
    parents = pc.list_parent_indices(lists)
    items = lists.flatten()
    starts = pc.subtract(pc.cumulative_sum(lengths), lengths)
    position = pc.subtract(pa.arange(0, len(items)), pc.take(starts, parents)).cast(pa.int64())
    own = {column: pc.take(array, parents) for column, array in outer.items()} | {POSITION: position}
    inner: list[tuple[str, List, pa.ListArray]] = []
    if isinstance(declared.item, Scalar):
        own[VALUE] = _as_column(items, declared.item)
    else:
        for column, nested, array in _walk(items, declared.item):
            if isinstance(nested, List):
                inner.append((f"{name}__{column}", nested, array))
            else:
                own[item_column(column, outer)] = array
    rows = [_table(layouts[name], own), _table(layouts[name], _markers(record, own))]
    tables = {name: pa.concat_tables(rows, promote_options="default")}
    below = {column: own[column] for column in outer} | {outer_position(name): position}
    for table, nested, array in inner:
        tables |= _list_tables(layouts, table, nested, array, record, below)
    return tables


def _markers(record: Columns, rows: Columns) -> Columns:
    """Returns one removed row for every record that has no row: its old rows have to go."""
    *_, record_id = record
    empty = pc.invert(pc.is_in(record[record_id], value_set=rows[record_id]))
    markers = {column: array.filter(empty) for column, array in record.items()}
    return markers | {REMOVED: pa.repeat(pa.scalar(True), len(markers[record_id]))}


def _table(layout: Layout, columns: Columns) -> pa.Table:
    """Returns the table with the layout's columns in order, absent ones null, variants last."""
    rows = len(next(iter(columns.values())))
    declared = [(c.name, columns.get(c.name, pa.nulls(rows, c.type))) for c in layout.columns]
    names = {name for name, _ in declared}
    variants = [(name, array) for name, array in columns.items() if name not in names]
    return pa.table(dict(declared + variants))
