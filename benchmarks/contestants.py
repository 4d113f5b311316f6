"""The ways to load that are compared, each run in a process of its own::

    python -m benchmarks.contestants floor_json http://127.0.0.1:8901 out.duckdb activities=100000 bills=20000

All ask for the same pages with the same fields and leave the collections' tables in a DuckDB file.
The floors have no state, no retries, no merge and no checks: nobody could load less carefully.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from clio_source.collection import Collection, Field, List, Object, Scalar, load_collections

from .replay import BEARER, query_of

Decode = Callable[[list[bytes], Object], Any]  # replies to an array of records

BATCH_PAGES = 25  # what the floors decode and insert at a time, as our source does


def ours(url: str, database: Path, names: Sequence[str]) -> None:
    """Our source, with the settings of .dlt/config.toml."""
    import dlt

    from clio_source import clio_source
    from clio_source.auth import ClioCredentials

    pipeline = dlt.pipeline("bench", destination=dlt.destinations.duckdb(str(database)), dataset_name="clio")
    credentials = ClioCredentials()
    credentials.access_token = BEARER
    source = clio_source(credentials, api_url=url)
    pipeline.run(source.with_resources(*names), loader_file_format="parquet")


def rest_api(url: str, database: Path, names: Sequence[str]) -> None:
    """dlt's `rest_api` as its documentation teaches it, all else left at the defaults."""
    import dlt
    from dlt.sources.rest_api import rest_api_source

    pipeline = dlt.pipeline("bench", destination=dlt.destinations.duckdb(str(database)), dataset_name="clio")
    pipeline.run(rest_api_source(_rest_api_config(url, names)))


def rest_api_tuned(url: str, database: Path, names: Sequence[str]) -> None:
    """The same with Parquet, two processes to normalise, and no compression of working files."""
    import dlt
    from dlt.sources.rest_api import rest_api_source

    os.environ |= {
        "DATA_WRITER__DISABLE_COMPRESSION": "true",
        "NORMALIZE__WORKERS": "2",
        "NORMALIZE__DATA_WRITER__BUFFER_MAX_ITEMS": "20000",
        "SOURCES__DATA_WRITER__FILE_MAX_ITEMS": "20000",  # several files, so that two processes have work
    }
    pipeline = dlt.pipeline("bench", destination=dlt.destinations.duckdb(str(database)), dataset_name="clio")
    pipeline.run(rest_api_source(_rest_api_config(url, names)), loader_file_format="parquet")


def floor_orjson(url: str, database: Path, names: Sequence[str]) -> None:
    """requests, orjson, Arrow, DuckDB: every row is a Python dict once."""
    import orjson
    import pyarrow as pa

    def decode(bodies: list[bytes], fields: Object) -> Any:
        records = [record for body in bodies for record in orjson.loads(body)["data"]]
        # orjson's numbers are floats: Arrow takes them for decimals only by way of its own float.
        return pa.array(records, _arrow_type(fields, money=pa.float64(), moment=pa.string()))

    _load(url, database, names, decode)


def floor_json(url: str, database: Path, names: Sequence[str]) -> None:
    """requests, pyarrow.json, DuckDB: no row is a Python object."""
    import pyarrow as pa
    import pyarrow.json as pj

    def decode(bodies: list[bytes], fields: Object) -> Any:
        records = _arrow_type(fields, money=pa.decimal128(38, 9), moment=pa.timestamp("us", "UTC"))
        table = pj.read_json(
            pa.BufferReader(b"\n".join(bodies)),
            read_options=pj.ReadOptions(block_size=sum(map(len, bodies)) + 64),
            parse_options=pj.ParseOptions(
                explicit_schema=pa.schema([("data", pa.list_(records))]), unexpected_field_behavior="ignore"
            ),
        )
        return pa.concat_arrays([chunk.flatten() for chunk in table["data"].chunks])

    _load(url, database, names, decode)


CONTESTANTS: dict[str, Callable[[str, Path, Sequence[str]], None]] = {
    contestant.__name__: contestant
    for contestant in (ours, rest_api, rest_api_tuned, floor_orjson, floor_json)
}


def _rest_api_config(url: str, names: Sequence[str]) -> Any:
    return {
        "client": {
            "base_url": f"{url}/api/v4/",
            "auth": {"type": "bearer", "token": BEARER},
            "paginator": {"type": "json_link", "next_url_path": "meta.paging.next"},
        },
        "resource_defaults": {"primary_key": "id", "write_disposition": "merge"},
        "resources": [
            {
                "name": name,
                "endpoint": {
                    "path": f"{name}.json",
                    "params": _escaped(query_of(name)) | {"updated_since": "{incremental.start_value}"},
                    "data_selector": "data",
                    "incremental": {"cursor_path": "updated_at", "initial_value": "2000-01-01T00:00:00Z"},
                },
            }
            for name in names
        ],
    }


def _escaped(parameters: dict[str, str]) -> dict[str, str]:
    """`rest_api` takes braces for its own expressions unless they are doubled."""
    return {name: value.replace("{", "{{").replace("}", "}}") for name, value in parameters.items()}


def _load(url: str, database: Path, names: Sequence[str], decode: Decode) -> None:
    """Reads all pages, batch by batch, and inserts their tables."""
    import duckdb

    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema clio; use clio")
        known: set[str] = set()
        for name in names:
            collection = load_collections()[name]
            for bodies in _batches(url, name):
                records = decode(bodies, collection.fields)
                for table, rows in _tables(collection, records):
                    relation = connection.from_arrow(rows)
                    (relation.insert_into if table in known else relation.create)(table)
                    known.add(table)


def _batches(url: str, name: str) -> Iterator[list[bytes]]:
    import orjson
    import requests

    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {BEARER}"
    link = f"{url}/api/v4/{name}.json?{urlencode(query_of(name))}"
    bodies: list[bytes] = []
    while link:
        bodies.append(session.get(link, timeout=60).content)
        # The link stands at the reply's end: to parse the whole reply for it would be a handicap.
        meta = orjson.loads(bodies[-1][bodies[-1].rindex(b'"meta":') + len('"meta":') : -1])
        link = meta["paging"].get("next")
        if not link or len(bodies) == BATCH_PAGES:
            yield bodies
            bodies = []


def _arrow_type(declared: Field, money: Any, moment: Any) -> Any:
    """The type in which a field is decoded; what has another type in the end is cast by `_columns`."""
    import pyarrow as pa

    if isinstance(declared, List):
        return pa.list_(_arrow_type(declared.item, money, moment))
    if isinstance(declared, Object):
        return pa.struct([(name, _arrow_type(field, money, moment)) for name, field in declared])
    types = {
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "timestamp": moment,
        "money": money,
        "number": money,
    }
    return types.get(declared.type, pa.string())


def _tables(collection: Collection, records: Any) -> Iterator[tuple[str, Any]]:
    """Yields the records' table and one for each nested list, joined to it by the record's id."""
    import pyarrow as pa

    columns: dict[str, Any] = {}
    lists: list[tuple[str, List, Any]] = []
    _split(collection.fields, records, "", columns, lists)
    yield collection.name, pa.table(columns)
    key = {f"{collection.singular}_id": columns["id"]}
    for name, declared, array in lists:
        yield from _list_tables(f"{collection.name}__{name}", declared, array, key)


def _list_tables(table: str, declared: List, lists: Any, key: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    parents, items = pc.list_parent_indices(lists), lists.flatten()
    starts = pc.subtract(lists.offsets, lists.offsets[0])
    position = pc.subtract(pa.arange(0, len(items)), pc.take(starts, parents).cast(pa.int64()))
    columns = {name: pc.take(array, parents) for name, array in key.items()} | {"position": position}
    inner: list[tuple[str, List, Any]] = []
    if isinstance(declared.item, Scalar):
        columns["value"] = items
    else:
        own: dict[str, Any] = {}
        _split(declared.item, items, "", own, inner)
        columns |= {(f"item__{name}" if name in columns else name): array for name, array in own.items()}
    yield table, pa.table(columns)
    for name, nested, array in inner:
        outer = f"{table.rsplit('__', 1)[-1]}_position"
        below = {column: columns[column] for column in key} | {outer: position}
        yield from _list_tables(f"{table}__{name}", nested, array, below)


def _split(declared: Object, array: Any, prefix: str, columns: dict[str, Any], lists: list[Any]) -> None:
    """Sorts an array of objects into columns of the declared types, and nested lists."""
    import pyarrow as pa

    types = {
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", "UTC"),
        "money": pa.decimal128(38, 9),
        "number": pa.decimal128(38, 9),
    }
    for (name, nested), child in zip(declared, array.flatten(), strict=True):
        if isinstance(nested, Object):
            _split(nested, child, f"{prefix}{name}__", columns, lists)
        elif isinstance(nested, List):
            lists.append((prefix + name, nested, child))
        else:
            columns[prefix + name] = child.cast(types.get(nested.type, child.type))


if __name__ == "__main__":
    contestant, url, database, *names = sys.argv[1:]
    CONTESTANTS[contestant](url, Path(database), names)
