"""What the warehouse must hold, worked out in plain Python from the rules on names and types.

It knows the declarations and nothing else of the source: a nested object's field is ``matter__id``, a nested
list is the table ``bills__matters`` with ``bill_id``, ``position`` and its fields, a nested list of scalars
has ``value``. A nested field named like a column above it is ``item__<name>``.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import cast

from clio_source.collection import Collection, Field, List, Object, Scalar

from ..conftest import Row, Tables

DUCKDB = {
    "integer": "BIGINT",
    "text": "VARCHAR",
    "boolean": "BOOLEAN",
    "money": "DECIMAL(38,9)",
    "number": "DECIMAL(38,9)",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}


def expected_columns(collection: Collection) -> dict[str, dict[str, str]]:
    """Returns the tables of a collection, each with its columns and their DuckDB types."""
    above = dict(_listed_for(collection))
    tables = {collection.name: above | _own_columns(collection.fields)}
    record_key = {f"{collection.singular}_id": tables[collection.name]["id"]}
    _nested_columns(tables, collection.name, collection.fields, above | record_key)
    return tables


def expected_rows(collection: Collection, records: list[Row]) -> Tables:
    """Returns the tables of a collection with the rows that its records make."""
    tables: Tables = {name: [] for name in expected_columns(collection)}
    for record in records:
        above = {name: record[name] for name, _ in _listed_for(collection)}
        tables[collection.name].append(above | _own_values(collection.fields, record))
        key = above | {f"{collection.singular}_id": record["id"]}
        _nested_rows(tables, collection.name, collection.fields, record, key)
    return tables


def differences(loaded: list[Row], expected: list[Row], columns: Mapping[str, str]) -> list[str]:
    """Returns in what the loaded rows differ from the expected ones, cell by cell; at most ten lines."""
    here, there = _in_order(loaded, columns), _in_order(expected, columns)
    if len(here) != len(there):
        return [f"{len(here)} rows loaded, {len(there)} expected"]
    cells = [
        (name, a, b)
        for got, want in zip(here, there, strict=True)
        for name, a, b in zip(columns, got, want, strict=True)
    ]
    return [
        f"{name}: {a!r} loaded, {b!r} expected" for name, a, b in cells if a != b or type(a) is not type(b)
    ][:10]


def as_declared(value: object, declared: Scalar) -> object:
    """Returns what JSON brought as the warehouse holds it."""
    match declared.type, value:
        case _, None:
            return None
        case "money" | "number", int() | Decimal():
            return Decimal(value)
        case "timestamp", str():
            return datetime.fromisoformat(value).astimezone(UTC)
        case "date", str():
            return date.fromisoformat(value)
        case "integer", int() | Decimal():
            return int(value)
    return value


def _in_order(rows: list[Row], columns: Mapping[str, str]) -> list[tuple[object, ...]]:
    return sorted((tuple(row[name] for name in columns) for row in rows), key=repr)


def _listed_for(collection: Collection) -> Iterator[tuple[str, str]]:
    if collection.read_per:
        yield f"{collection.parent_singular}_id", "BIGINT"
    elif "region" in collection.parts[0]:
        yield "region", "VARCHAR"


def _scalars(declared: Object, prefix: str = "") -> Iterator[tuple[str, Scalar]]:
    for name, field in declared:
        if isinstance(field, Object):
            yield from _scalars(field, f"{prefix}{name}__")
        elif isinstance(field, Scalar):
            yield prefix + name, field


def _lists(declared: Object, prefix: str = "") -> Iterator[tuple[str, List]]:
    for name, field in declared:
        if isinstance(field, Object):
            yield from _lists(field, f"{prefix}{name}__")
        elif isinstance(field, List):
            yield prefix + name, field


def _own_columns(declared: Object) -> dict[str, str]:
    return {name: DUCKDB[field.type] for name, field in _scalars(declared)}


def _nested_columns(
    tables: dict[str, dict[str, str]], table: str, declared: Object, above: dict[str, str]
) -> None:
    for name, field in _lists(declared):
        own = _own_columns(_fields_of(field))
        tables[f"{table}__{name}"] = above | {"position": "BIGINT"} | _renamed(own, above)
        _nested_columns(tables, f"{table}__{name}", _fields_of(field), above | {f"{name}_position": "BIGINT"})


def _own_values(declared: Object, record: object) -> Row:
    return {name: as_declared(_value(record, name), field) for name, field in _scalars(declared)}


def _nested_rows(tables: Tables, table: str, declared: Object, record: object, above: Row) -> None:
    for name, field in _lists(declared):
        fields = _fields_of(field)
        for position, item in enumerate(cast("list[object]", _value(record, name) or [])):
            shown = {"value": item} if isinstance(field.item, Scalar) else item
            own = _renamed(_own_values(fields, shown), above)
            tables[f"{table}__{name}"].append(above | {"position": position} | own)
            _nested_rows(tables, f"{table}__{name}", fields, shown, above | {f"{name}_position": position})


def _fields_of(declared: List) -> Object:
    item: Field = declared.item
    return item if isinstance(item, Object) else Object({"value": item})


def _renamed(own: dict[str, str] | Row, above: Mapping[str, object]) -> Row:
    return {f"item__{name}" if name in above or name == "position" else name: v for name, v in own.items()}


def _value(record: object, path: str) -> object:
    for name in path.split("__"):
        record = record[name] if isinstance(record, dict) else None
    return record
