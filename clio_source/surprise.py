"""Replies that do not fit their declaration: nothing is lost, and it is said.

A value of another type than declared becomes null in its column and is kept as text beside it, in
``<column>__v_text``; the rest of the row loads as ever. A text column takes any value, as its JSON text.
What is reported are columns and counts, never values: they are a client's.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from .collection import Collection, Field, List, Object, Scalar
from .layout import ARROW_TYPES, DECIMAL, REMOVED, VARIANT_SUFFIX, tables_of

VARIANT = Scalar("text")

# Raises on what does not fit 38 digits or would need rounding.
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_EXACT = Context(prec=DECIMAL.precision, traps=[Inexact, InvalidOperation])


@dataclass(frozen=True)
class Surprise:
    """Some values of one column that its declaration does not expect.

    ``kind`` is ``type`` (kept as text in the column's variant), ``value`` (a text Clio does not document,
    loaded as it came) or ``id`` (a nested row without an id, loaded as it came).
    """

    table: str
    column: str
    kind: str
    rows: int

    def __str__(self) -> str:
        meaning = {
            "type": f"not of the declared type; kept as text in {self.column}{VARIANT_SUFFIX}",
            "value": "not among the values Clio documents; loaded as they came",
            "id": "without an id; loaded as they came",
        }[self.kind]
        return f"{self.table}.{self.column}: {self.rows:,} values {meaning}"


class _Digits(str):
    """A JSON number as it was written."""


def read_surprising(
    collection: Collection, body: bytes, wire: pa.DataType
) -> tuple[pa.StructArray, tuple[Surprise, ...]]:
    """Reads a reply value by value; returns its records and what did not fit.

    The records have the wire type with a text field ``<name>__v_text`` beside each misfit.

    Raises:
        ValueError: the reply is not JSON, or a record is not an object.
    """
    reader = _Reader()
    rows = [reader.read_object(record, collection.fields, collection.name) for record in records_of(body)]
    surprises = tuple(
        Surprise(table, column, "type", count) for (table, column), count in sorted(reader.misfits.items())
    )
    return pa.array(rows, type=_with_variants(wire, collection.fields, rows)), surprises


def unknown_values(collection: Collection, tables: Mapping[str, pa.Table]) -> tuple[Surprise, ...]:
    """Returns the columns with values that Clio does not document, and nested rows without an id."""
    found: list[Surprise] = []
    for name, layout in tables_of(collection).items():
        table = tables[name]
        for column in layout.columns:
            if column.declared is None or table.num_rows == 0:
                continue
            if column.declared.values:
                known = pa.array([*column.declared.values, None], pa.string())
                count = table.num_rows - pc.sum(pc.is_in(table[column.name], value_set=known)).as_py()
                found += [Surprise(name, column.name, "value", count)] if count else []
            elif column.name == "id" and not column.declared.nullable:
                count = table["id"].null_count
                if REMOVED in table.column_names:
                    count -= pc.sum(pc.is_valid(table[REMOVED])).as_py()
                found += [Surprise(name, "id", "id", count)] if count else []
    return tuple(found)


@dataclass
class _Reader:
    misfits: Counter[tuple[str, str]] = field(default_factory=Counter)

    def read_object(self, value: object, declared: Object, table: str, prefix: str = "") -> dict[str, object]:
        if not isinstance(value, dict):
            raise ValueError("a record is not an object")
        row: dict[str, object] = {}
        for name, nested in declared:
            self._read_field(row, name, value.get(name), nested, table, prefix)
        return row

    def _read_field(
        self, row: dict[str, object], name: str, value: object, declared: Field, table: str, prefix: str
    ) -> None:
        try:
            if isinstance(declared, Scalar):
                row[name] = as_declared(value, declared)
            elif value is None:
                row[name] = None
            elif isinstance(declared, Object):
                row[name] = self.read_object(value, declared, table, f"{prefix}{name}__")
            else:
                row[name] = self._read_list(value, declared, f"{table}__{prefix}{name}")
        except (ValueError, ArithmeticError):
            row[name] = None
            row[name + VARIANT_SUFFIX] = as_text(value)
            self.misfits[table, prefix + name] += 1

    def _read_list(self, value: object, declared: List, table: str) -> list[object]:
        if not isinstance(value, list):
            raise ValueError("not a list")
        if isinstance(declared.item, Scalar):
            return [as_declared(item, declared.item) for item in value]
        before = self.misfits.copy()
        try:
            return [self.read_object({} if item is None else item, declared.item, table) for item in value]
        except ValueError:
            self.misfits = before  # the list becomes a text as a whole
            raise


def records_of(body: bytes) -> list[object]:
    """Returns the records of a reply, numbers as they were written.

    Raises:
        ValueError: the reply is not JSON, or has no list of records.
    """
    text = body.decode("utf-8", "surrogateescape")
    reply = json.loads(text, parse_float=_Digits, parse_int=_Digits, parse_constant=_Digits)
    if not isinstance(reply, dict) or not isinstance(reply.get("data"), list):
        raise ValueError("no list of records")
    return cast("list[object]", reply["data"])


def as_declared(value: object, declared: Scalar) -> object:
    """Returns a JSON value as the declared type, without loss; raises ValueError where it does not fit."""
    if value is None:
        return None
    match declared.type:
        case "text":
            return as_text(value)
        case "boolean" if isinstance(value, bool):
            return value
        case "integer" | "money" | "number" if isinstance(value, str):
            return _as_number(value, declared)
        case "date" if isinstance(value, str):
            return date.fromisoformat(value).isoformat()
        case "timestamp" if isinstance(value, str):
            moment = pa.scalar(value, pa.string()).cast(ARROW_TYPES["timestamp"]).as_py()
            return cast("datetime", moment).isoformat()
    raise ValueError("another type than declared")


def as_text(value: object) -> str:
    """Returns a JSON value as text: a text as it is, anything else as its JSON."""
    text = value if isinstance(value, str) else _as_json(value)
    return text.encode("utf-8", "backslashreplace").decode()  # half of a surrogate pair is no text


def _as_json(value: object) -> str:
    if isinstance(value, _Digits):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{_as_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_as_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _as_number(value: str, declared: Scalar) -> int | Decimal:
    if not _NUMBER.fullmatch(value):
        raise ValueError("not a plain number")
    number = Decimal(value)
    if declared.type == "integer":
        if number != number.to_integral_value() or not -(2**63) <= number < 2**63:
            raise ValueError("not a whole number of 64 bits")
        return int(number)
    return number.quantize(Decimal(1).scaleb(-DECIMAL.scale), context=_EXACT)


def _with_variants(wire: pa.DataType, declared: Field, found: Iterable[object]) -> pa.DataType:
    """Returns the wire type with a text field for every variant that occurs in what was found."""
    present = [value for value in found if value is not None]
    if isinstance(declared, Scalar):
        return wire
    if isinstance(declared, List):
        items = [item for value in present for item in cast("list[object]", value)]
        return pa.list_(_with_variants(wire.value_type, declared.item, items))
    rows = cast("list[dict[str, object]]", present)
    names = set().union(*rows) if rows else set()
    fields = []
    for name, nested in declared:
        fields.append(
            pa.field(name, _with_variants(wire.field(name).type, nested, [r.get(name) for r in rows]))
        )
        if name + VARIANT_SUFFIX in names:
            fields.append(pa.field(name + VARIANT_SUFFIX, pa.string()))
    return pa.struct(fields)
