"""The least that a first load can cost without dlt: read pages, decode batches of them, insert.

There is no state here, no retry, no merge, no check of what came: nobody could load less carefully. The
tables and their types are the same as ours.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import requests

from .contestants import BEARER, Plan

Decode = Callable[[list[bytes], Any], pa.StructArray]  # some replies and the declared fields to records
Columns = dict[str, pa.Array]
Lists = list[tuple[str, Any, pa.ListArray]]  # a nested list's name, what is declared for one row, its values

BATCH_PAGES = 25

_DECIMAL = pa.decimal128(38, 9)
_MOMENT = pa.timestamp("us", "UTC")
_TYPES = {
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "money": _DECIMAL,
    "number": _DECIMAL,
    "date": pa.date32(),
    "timestamp": _MOMENT,
}


def load(url: str, plan: Plan, database: Path, decode: Decode) -> None:
    """Leaves the tables of the planned collections in a DuckDB file."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema clio; use clio")
        known: set[str] = set()
        for name, wanted in plan.items():
            for bodies in _batches(f"{url}/api/v4/{name}.json?{urlencode(wanted['query'])}"):
                records = decode(bodies, wanted["fields"])
                for table, rows in _tables(name, wanted["record_id"], wanted["fields"], records):
                    relation = connection.from_arrow(rows)
                    (relation.insert_into if table in known else relation.create)(table)
                    known.add(table)


def decode_with_orjson(bodies: list[bytes], fields: Any) -> pa.StructArray:
    """Makes a dict of every record, and of the dicts an array; money comes by way of floats."""
    records = [record for body in bodies for record in orjson.loads(body)["data"]]
    return pa.array(records, _arrow_type(fields, number=pa.float64(), moment=pa.string()))


def decode_with_arrow(bodies: list[bytes], fields: Any) -> pa.StructArray:
    """Has the JSON parsed in C++ with the declared types; money is read from its digits."""
    replies = pa.schema([("data", pa.list_(_arrow_type(fields, number=_DECIMAL, moment=_MOMENT)))])
    table = pj.read_json(
        pa.BufferReader(b"\n".join(bodies)),
        read_options=pj.ReadOptions(block_size=sum(map(len, bodies)) // 2 + max(map(len, bodies))),
        parse_options=pj.ParseOptions(explicit_schema=replies, unexpected_field_behavior="ignore"),
    )
    return pa.concat_arrays([chunk.flatten() for chunk in table["data"].chunks])


def _batches(link: str) -> Iterator[list[bytes]]:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {BEARER}"
    bodies: list[bytes] = []
    while link:
        bodies.append(session.get(link, timeout=60).content)
        # The link stands at the reply's end: to parse the whole reply for it would be a handicap.
        meta = orjson.loads(bodies[-1][bodies[-1].rindex(b'"meta":') + len('"meta":') : -1])
        link = meta["paging"].get("next")
        if not link or len(bodies) == BATCH_PAGES:
            yield bodies
            bodies = []


def _arrow_type(declared: Any, number: pa.DataType, moment: pa.DataType) -> pa.DataType:
    """The type in which a field is decoded; `_split` casts what is to have another type in the end."""
    if isinstance(declared, dict):
        return pa.struct([(name, _arrow_type(field, number, moment)) for name, field in declared.items()])
    if isinstance(declared, list):
        return pa.list_(_arrow_type(declared[0], number, moment))
    decoded = {"integer": pa.int64(), "boolean": pa.bool_(), "money": number, "number": number}
    return moment if declared == "timestamp" else decoded.get(declared, pa.string())


def _tables(
    name: str, record_id: str, fields: Any, records: pa.StructArray
) -> Iterator[tuple[str, pa.Table]]:
    """Yields the records' table and one for each nested list, joined to it by the record's id."""
    columns, lists = _split(fields, records)
    yield name, pa.table(columns)
    for nested, item, array in lists:
        yield from _list_tables(f"{name}__{nested}", item, array, {record_id: columns["id"]})


def _list_tables(table: str, item: Any, lists: pa.ListArray, keys: Columns) -> Iterator[tuple[str, pa.Table]]:
    parents, items = pc.list_parent_indices(lists), lists.flatten()
    starts = pc.subtract(lists.offsets, lists.offsets[0])
    position = pc.subtract(pa.arange(0, len(items)), pc.take(starts, parents).cast(pa.int64()))
    outer = {name: pc.take(array, parents) for name, array in keys.items()}
    own, inner = _split(item, items) if isinstance(item, dict) else ({"value": items}, [])
    keyed = outer | {"position": position}
    named = {(f"item__{name}" if name in keyed else name): array for name, array in own.items()}
    yield table, pa.table(keyed | named)
    for name, nested, array in inner:
        below = outer | {f"{table.rsplit('__', 1)[-1]}_position": position}
        yield from _list_tables(f"{table}__{name}", nested, array, below)


def _split(fields: Any, array: pa.StructArray, prefix: str = "") -> tuple[Columns, Lists]:
    """Sorts an array of objects into columns of the declared types, and nested lists."""
    columns: Columns = {}
    lists: Lists = []
    for (name, declared), child in zip(fields.items(), array.flatten(), strict=True):
        if isinstance(declared, dict):
            below, lists_below = _split(declared, child, f"{prefix}{name}__")
            columns |= below
            lists += lists_below
        elif isinstance(declared, list):
            lists.append((prefix + name, declared[0], child))
        else:
            columns[prefix + name] = child.cast(_TYPES.get(declared, pa.string()))
    return columns, lists
