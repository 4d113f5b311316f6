"""What a reply decodes to, worked out value by value in plain Python from the documented rules.

Slow and plain on purpose: it shares nothing with the source but the declaration.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from clio_source.collection import Collection, Field, List, Object, Scalar

from .replies import Digits, Json, Record

Row = dict[str, object]  # only the cells that are not null


class MisfitError(Exception):
    """A value is not of its declared type."""


@dataclass
class Reference:
    """The tables of a reply, each row with its cells that are not null, and what did not fit."""

    tables: dict[str, list[Row]] = field(default_factory=dict)
    surprises: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def decode_slowly(collection: Collection, records: list[Record], constants: Row) -> Reference:
    """Returns what a page with these records must decode to."""
    found = Reference()
    for table, _ in _list_tables(collection.fields, collection.name):
        found.tables[table] = []
    found.tables[collection.name] = []
    for record in records:
        _add_record(found, collection, record, constants)
    _note_values(found, collection.fields, collection.name)
    return found


def _add_record(found: Reference, collection: Collection, record: Record, constants: Row) -> None:
    row, lists = _read(found, record, collection.fields, collection.name)
    found.tables[collection.name].append(_present({**constants, **row}))
    key = {**constants, f"{collection.singular}_id": row.get("id")}
    filled: set[str] = set()
    for table, declared, items in lists:
        _add_items(found, filled, table, declared, items, key)
    for table, _ in _list_tables(collection.fields, collection.name):
        if table not in filled:
            found.tables[table].append(_present({**key, "_clio_removed": True}))


def _add_items(
    found: Reference, filled: set[str], table: str, declared: List, items: list[Json], outer: Row
) -> None:
    for position, item in enumerate(items):
        filled.add(table)
        if isinstance(declared.item, Scalar):
            found.tables[table].append(
                _present({**outer, "position": position, "value": _typed(item, declared.item)})
            )
            continue
        row, lists = _read(found, item, declared.item, table)
        own = {
            f"item__{name}" if name in (*outer, "position") else name: value for name, value in row.items()
        }
        found.tables[table].append(_present({**outer, "position": position, **own}))
        below = {**outer, f"{table.rsplit('__', 1)[-1]}_position": position}
        for inner, nested, values in lists:
            _add_items(found, filled, inner, nested, values, below)


def _read(
    found: Reference, value: Json, declared: Object, table: str, prefix: str = ""
) -> tuple[Row, list[tuple[str, List, list[Json]]]]:
    """Returns the columns of an object, nested ones included, and its lists by table."""
    row: Row = {}
    lists: list[tuple[str, List, list[Json]]] = []
    for name, nested in declared:
        cell = value.get(name) if isinstance(value, dict) else None
        column = f"{prefix}{name}"
        try:
            _check(cell, nested)
        except MisfitError:
            row[f"{column}__v_text"] = _as_text(cell)
            found.surprises[table, column, "type"] += 1
            continue
        if isinstance(nested, Scalar):
            row[column] = _typed(cell, nested)
        elif isinstance(nested, Object):
            own, more = _read(found, cell, nested, table, f"{column}__")
            row |= own
            lists += more
        elif isinstance(cell, list):
            lists.append((f"{table}__{column}", nested, cell))
    return row, lists


def _check(value: Json, declared: Field) -> None:
    """Raises MisfitError unless the value itself is of the declared kind; its own fields may still not be."""
    if isinstance(declared, Scalar):
        _typed(value, declared)
    elif value is not None and not isinstance(value, dict if isinstance(declared, Object) else list):
        raise MisfitError
    elif isinstance(declared, List) and isinstance(value, list):
        for item in value:
            _check(item, declared.item)


def _typed(value: Json, declared: Scalar) -> object:
    if value is None:
        return None
    match declared.type:
        case "text":
            return _as_text(value)
        case "boolean" if isinstance(value, bool):
            return value
        case "integer" | "money" | "number" if isinstance(value, Digits | str):
            return _number(value.text if isinstance(value, Digits) else value, declared)
        case "date" | "timestamp" if isinstance(value, str):
            return _moment(value, declared)
    raise MisfitError


def _number(text: str, declared: Scalar) -> int | Decimal:
    """Whole numbers have 64 bits; others 29 digits before the point and 9 after it, none lost."""
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", text):
        raise MisfitError
    number = Decimal(text)
    if number.adjusted() > 60:
        raise MisfitError
    whole_and_rest = f"{number:f}".lstrip("-").partition(".")
    whole, rest = whole_and_rest[0].lstrip("0"), whole_and_rest[2].rstrip("0")
    if declared.type == "integer":
        if rest or not -(2**63) <= int(number) < 2**63:
            raise MisfitError
        return int(number)
    if len(whole) > 29 or len(rest) > 9:
        raise MisfitError
    return number


def _moment(text: str, declared: Scalar) -> date:
    try:
        if declared.type == "date":
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MisfitError from None
    if moment.tzinfo is None or len(text.partition(".")[2].rstrip("Z").split("+")[0].split("-")[0]) > 6:
        raise MisfitError
    return moment.astimezone(UTC)


def _as_text(value: Json) -> str:
    text = value if isinstance(value, str) else _as_json(value)
    return text.encode("utf-8", "backslashreplace").decode()


def _as_json(value: Json) -> str:
    if isinstance(value, Digits):
        return value.text
    if isinstance(value, list):
        return f"[{','.join(map(_as_json, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_as_json(cell)}" for name, cell in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _note_values(found: Reference, declared: Object, table: str, prefix: str = "") -> None:
    """Counts texts that are not among the known values, and rows that should have an id and have none."""
    for name, nested in declared:
        column = f"{prefix}{name}"
        if isinstance(nested, Object):
            _note_values(found, nested, table, f"{column}__")
        elif isinstance(nested, List) and isinstance(nested.item, Object):
            _note_values(found, nested.item, f"{table}__{column}")
        elif isinstance(nested, List):
            _note_cells(found, nested.item, f"{table}__{column}", "value")
        else:
            _note_cells(found, nested, table, column)


def _note_cells(found: Reference, declared: Field, table: str, column: str) -> None:
    rows = [row for row in found.tables[table] if "_clio_removed" not in row]
    if isinstance(declared, Scalar) and declared.values:
        found.surprises[table, column, "value"] += sum(
            row.get(column) not in (*declared.values, None) for row in rows
        )
    elif isinstance(declared, Scalar) and column == "id" and not declared.nullable:
        found.surprises[table, column, "id"] += sum("id" not in row for row in rows)


def _list_tables(declared: Object, prefix: str) -> Iterator[tuple[str, List]]:
    for name, nested in declared:
        if isinstance(nested, Object):
            yield from _list_tables(nested, f"{prefix}__{name}")
        elif isinstance(nested, List):
            yield f"{prefix}__{name}", nested
            if isinstance(nested.item, Object):
                yield from _list_tables(nested.item, f"{prefix}__{name}")


def _present(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}
