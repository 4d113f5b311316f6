"""Rows that a REPLICATE statement asks for: the others of a batch are left out, with their nested rows."""

import pyarrow as pa
import pyarrow.compute as pc

from .collection import Collection
from .layout import record_key


def leave_out(collection: Collection, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Returns the tables without the records that do not fulfil the statement's conditions."""
    if collection.where is None or collection.name not in tables:
        return tables
    own = tables[collection.name].filter(collection.where)
    ids, key = pc.unique(own["id"]), record_key(collection)
    nested = {
        name: table.filter(pc.is_in(table[key], value_set=ids))
        for name, table in tables.items()
        if name != collection.name
    }
    return {collection.name: own} | nested
