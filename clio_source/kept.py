"""Columns that Clio refuses for a while keep what they hold: a merge would make them null."""

from collections.abc import Iterator

import dlt
import pyarrow as pa
from dlt.destinations.exceptions import DatabaseUndefinedRelation

from .layout import Layout

_KEYS_AT_ONCE = 1_000


def keep_columns(layout: Layout, table: pa.Table) -> pa.Table:
    """Returns the table with the columns it lacks of its layout, as the running pipeline's destination
    holds them for the same keys, and null where it holds none."""
    missing = [column for column in layout.columns if column.name not in table.column_names]
    if not missing or not table.num_rows:
        return table
    keys = list(zip(*(table[name].to_pylist() for name in layout.key), strict=True))
    held = dict(
        _read_held(layout, [column.name for column in missing], table[layout.merged_by[-1]].to_pylist())
    )
    empty = (None,) * len(missing)
    for place, column in enumerate(missing):
        values = [held.get(key, empty)[place] for key in keys]
        table = table.append_column(column.name, pa.array(values, column.type))
    return table


def _read_held(
    layout: Layout, columns: list[str], keys: list[int | str]
) -> Iterator[tuple[tuple[object, ...], tuple[object, ...]]]:
    """Yields key and values of the columns for the rows that the keys name."""
    with dlt.current.pipeline().sql_client() as client:
        name = client.escape_column_name
        chosen = ", ".join(map(name, [*layout.key, *columns]))
        source = f"{client.make_qualified_table_name(layout.name)} WHERE {name(layout.merged_by[-1])}"
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            some = keys[start : start + _KEYS_AT_ONCE]
            marks = ", ".join(["%s"] * len(some))
            try:
                rows = client.execute_sql(f"SELECT {chosen} FROM {source} IN ({marks})", *some)  # noqa: S608
            except DatabaseUndefinedRelation:
                return
            for row in rows or ():
                yield tuple(row[: len(layout.key)]), tuple(row[len(layout.key) :])
