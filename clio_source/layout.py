"""The destination tables of a collection: their columns, types and keys, from its declaration.

A nested object's field becomes a column ``matter__id``. A nested list becomes a table of its own::

    bills__matters(bill_id, position, id, display_number)

It is merged by the record's id. A row marked ``_clio_removed`` says that a record's list is empty now; the
merge takes it as the order to delete that record's rows, and does not store it. A collection that is
replaced as a whole is merged likewise, by the column ``_clio_list`` that all its rows share: in one
transaction, and not at all when nothing could be read, which dlt's `replace` would take for empty.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

import pyarrow as pa

from .collection import WHOLE_LIST, Collection, List, Object, Scalar

REMOVED = "_clio_removed"
POSITION = "position"
VARIANT_SUFFIX = "__v_text"  # dlt's own name for what does not fit a column's type
VALUE = "value"  # the column of a nested list of scalars

# Exact for 29 digits before the point and 9 after it, in DuckDB, BigQuery (NUMERIC) and Snowflake alike.
DECIMAL = pa.decimal128(38, 9)
ARROW_TYPES: Mapping[str, pa.DataType] = {
    "integer": pa.int64(),
    "text": pa.string(),
    "boolean": pa.bool_(),
    "money": DECIMAL,
    "number": DECIMAL,
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
}


@dataclass(frozen=True)
class Column:
    """One column; ``declared`` is None for one that is ours and not Clio's."""

    name: str
    type: pa.DataType
    declared: Scalar | None = None


_REMOVED_COLUMN = Column(REMOVED, pa.bool_())


@dataclass(frozen=True)
class Layout:
    """One table: the collection's own, or that of a nested list.

    ``key`` names a row. ``merged_by`` are the columns by which a load replaces rows: the key itself, or
    what names the record, the parent or the list whose rows are replaced together.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    merged_by: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.type) for column in self.columns])


@cache
def tables_of(collection: Collection) -> Mapping[str, Layout]:
    """Returns the tables of a collection by name, its own first."""
    constants = tuple(Column(name, constant_type(collection, name)) for name in collection.constants)
    own = tuple(c for c in _columns(collection.fields) if c.name not in collection.constants)
    record_id = next(column.type for column in own if column.name == "id")
    record = (*constants, Column(record_key(collection), record_id))
    whole = collection.replaced or collection.merged_by_parent
    merged_by = collection.constants[:1] if whole else collection.key
    columns = (*constants, *own, *((_REMOVED_COLUMN,) if whole else ()))
    tables = [Layout(collection.name, columns, collection.key, merged_by)]
    nested_by = merged_by if whole else tuple(column.name for column in record)
    tables += _nested(collection.fields, collection.name, nested_by, record)
    return {table.name: table for table in tables}


def record_key(collection: Collection) -> str:
    """What a nested list's table calls the id of the record it hangs on: ``bill_id``."""
    return f"{collection.singular}_id"


def constant_type(collection: Collection, name: str) -> pa.DataType:
    """The type of a column that holds what was asked: a parent's id, or a text such as a region."""
    return pa.int64() if collection.read_per else pa.string()


def outer_position(table: str) -> str:
    """What a list inside the rows of another list calls the position of that row."""
    return f"{table.rsplit('__', 1)[-1]}_{POSITION}"


def item_column(name: str, outer: Iterable[str]) -> str:
    """The column of a nested row's field; `item__contact_id` where the record's id has the name already."""
    return f"item__{name}" if name.removesuffix(VARIANT_SUFFIX) in (*outer, POSITION) else name


def _columns(declared: Object, prefix: str = "") -> Iterator[Column]:
    for name, nested in declared:
        if isinstance(nested, Object):
            yield from _columns(nested, f"{prefix}{name}__")
        elif isinstance(nested, Scalar):
            yield Column(prefix + name, ARROW_TYPES[nested.type], nested)


def _item_columns(item: Object | Scalar) -> Iterator[Column]:
    if isinstance(item, Object):
        yield from _columns(item)
    else:
        yield Column(VALUE, ARROW_TYPES[item.type], item)


def _nested(
    declared: Object, prefix: str, merged_by: tuple[str, ...], outer: tuple[Column, ...]
) -> Iterator[Layout]:
    for name, nested in declared:
        table = f"{prefix}__{name}"
        if isinstance(nested, Object):
            yield from _nested(nested, table, merged_by, outer)
        elif isinstance(nested, List):
            position = Column(POSITION, pa.int64())
            item = nested.item
            own = (
                [Column(VALUE, ARROW_TYPES[item.type], item)] if isinstance(item, Scalar) else _columns(item)
            )
            taken = [column.name for column in outer]
            own = [replace(column, name=item_column(column.name, taken)) for column in own]
            key = tuple(column.name for column in (*outer, position) if column.name != WHOLE_LIST)
            yield Layout(table, (*outer, position, *own, _REMOVED_COLUMN), key, merged_by)
            if isinstance(item, Object):
                inner = (*outer, Column(outer_position(table), pa.int64()))
                yield from _nested(item, table, merged_by, inner)
