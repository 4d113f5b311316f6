"""Writes the dbt sources, every table with its columns and types, from the declarations alone.

python -m clio_source.dbt_sources > dbt/models/staging/clio/_clio__sources.yml
"""

from collections.abc import Iterator, Mapping

import pyarrow as pa

from .collection import WHOLE_LIST, Collection, load_collections
from .deletions import DELETIONS, DELETIONS_SCHEMA
from .layout import DECIMAL, REMOVED, tables_of
from .sync import SYNC_LOG, SYNC_LOG_SCHEMA

_HEAD = """\
# Written by `make docs` from clio_source/collections/*.yaml: change those.
version: 2

sources:
  - name: clio
    description: Everything that Clio's API gives, as clio_source loads it.
    database: "{{ var('clio_accounts')[0].database or target.database }}"
    schema: "{{ var('clio_accounts')[0].schema }}"
    tables:
"""

_FRESHNESS = """\
        config:
          loaded_at_query: "{{ clio_loaded_at() }}"
          freshness: {warn_after: {count: 25, period: hour}, error_after: {count: 49, period: hour}}
"""

_OURS: Mapping[str, tuple[str, pa.Schema]] = {
    SYNC_LOG: ("One row per collection and run: what was read, and whether it is complete.", SYNC_LOG_SCHEMA),
    DELETIONS: (
        "One row per record found gone, or restored; the last one of a record counts.",
        DELETIONS_SCHEMA,
    ),
}

_TYPES: Mapping[pa.DataType, str] = {
    pa.int64(): "bigint",
    pa.string(): "text",
    pa.bool_(): "boolean",
    DECIMAL: "decimal(38, 9)",
    pa.float64(): "double",
    pa.date32(): "date",
    pa.timestamp("us", "UTC"): "timestamp with time zone",
}


def main() -> None:
    """Prints the file."""
    print(render_sources(), end="")


def render_sources() -> str:
    """The sources in YAML: a table per collection and nested list, then our own logs."""
    blocks = [_HEAD]
    for collection in load_collections().values():
        blocks += _render_collection(collection)
    for name, (about, schema) in _OURS.items():
        freshness = _FRESHNESS if name == SYNC_LOG else ""
        columns = [(column.name, column.type) for column in schema]
        blocks.append(_render_table(name, about, columns, freshness))
    return "".join(blocks)


def _render_collection(collection: Collection) -> Iterator[str]:
    for name, layout in tables_of(collection).items():
        nested = name.removeprefix(f"{collection.name}__")
        about = collection.about if name == collection.name else f"The list {nested} of {collection.name}."
        columns = [(c.name, c.type) for c in layout.columns if c.name not in (REMOVED, WHOLE_LIST)]
        yield _render_table(name, about, columns)


def _render_table(name: str, about: str, columns: list[tuple[str, pa.DataType]], more: str = "") -> str:
    lines = [f"      - name: {name}\n", f'        description: "{about}"\n', more, "        columns:\n"]
    columns = [*columns, ("_dlt_load_id", pa.string())]
    lines += [f'          - {{name: {column}, data_type: "{_TYPES[kind]}"}}\n' for column, kind in columns]
    return "".join(lines)


if __name__ == "__main__":
    main()
