"""Columns that Clio refuses for a while keep what they hold: a merge would make them null."""

import dlt
import pyarrow as pa

from .layout import Layout
from .warehouse import Warehouse


def keep_columns(layout: Layout, table: pa.Table, prefix: str = "") -> pa.Table:
    """Returns the table with the columns it lacks of its layout, as the running pipeline's destination
    holds them for the same keys, and null where it holds none."""
    missing = [column for column in layout.columns if column.name not in table.column_names]
    if not missing or not table.num_rows:
        return table
    key, record = len(layout.key), layout.merged_by[-1]
    columns = [*layout.key, *(column.name for column in missing)]
    held = Warehouse(dlt.current.pipeline(), prefix).read_keys(
        layout.name, columns, record, table[record].unique().to_pylist()
    )
    values = {row[:key]: row[key:] for row in held}
    rows = [
        values.get(row, (None,) * len(missing))
        for row in zip(*(table[name].to_pylist() for name in layout.key), strict=True)
    ]
    for place, column in enumerate(missing):
        table = table.append_column(column.name, pa.array([row[place] for row in rows], column.type))
    return table
