"""Publishes the tables of a DuckDB file as files: Parquet, or Delta tables.

Files cannot be merged into: dlt appends to Parquet, so changed records would be there twice, and merges
each Delta table alone, so a list could be ahead of its record. The merges are therefore made in DuckDB, and
a table that changed is written anew as a whole, by dlt: into a folder or any bucket that it knows.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import dlt
import duckdb
import pyarrow as pa
from dlt.common.pipeline import get_dlt_pipelines_dir
from dlt.extract import DltResource

from .errors import ConfigurationError

Format = Literal["parquet", "delta"]

_ROWS_AT_ONCE = 100_000


def publish(database: Path, dataset: str, url: str, file_format: Format = "parquet") -> list[str]:
    """Writes the tables that changed since they were last published; returns their names.

    A Delta table changes in one step. A table of Parquet files is gone for a moment while it is replaced.

    Args:
        url: a folder, or a bucket such as s3://firm/clio.
        file_format: what is written; Delta needs the extra `delta`.
    """
    _check(file_format)
    place = url if "://" in url else Path(url).resolve().as_uri()
    digest = hashlib.sha256(f"{place}/{dataset}".encode()).hexdigest()[:12]
    pipeline = dlt.pipeline(
        "clio_files",
        destination=dlt.destinations.filesystem(place),
        dataset_name=dataset,
        pipelines_dir=str(Path(get_dlt_pipelines_dir()) / f"clio-{digest}"),
    )
    pipeline.drop()
    pipeline.sync_destination()
    published = pipeline.state.get("sources", {}).get("clio_files", {}).get("published", {})
    with closing(duckdb.connect(str(database), read_only=True)) as connection:
        connection.execute("SET timezone = 'UTC'")
        marks = _read_marks(connection, dataset)
        changed = [table for table, mark in marks.items() if published.get(table) != mark]
        if changed:
            tables = [_table(connection, dataset, table, marks[table], file_format) for table in changed]
            pipeline.run(_source(tables)).raise_on_failed_jobs()
    return changed


def _check(file_format: Format) -> None:
    if file_format == "delta" and find_spec("deltalake") is None:
        raise ConfigurationError(
            "Option --format delta",
            "the module deltalake is not installed.",
            "It writes Delta tables.",
            "Run: pip install 'clio-source[delta]'.",
        )


def _source(tables: list[DltResource]) -> Any:
    @dlt.source(name="clio_files")
    def clio_files() -> Any:
        return tables

    return clio_files()


def _table(
    connection: duckdb.DuckDBPyConnection, dataset: str, table: str, mark: str, file_format: Format
) -> DltResource:
    columns = ", ".join(f'"{name}"' for name in _read_columns(connection, dataset, table))

    def read() -> Iterator[pa.Table]:
        cursor = connection.cursor()
        cursor.execute("SET timezone = 'UTC'")
        reader = cursor.sql(f'SELECT {columns} FROM "{dataset}"."{table}"').to_arrow_reader(_ROWS_AT_ONCE)  # noqa: S608
        yield reader.schema.empty_table()
        for batch in reader:
            yield pa.Table.from_batches([batch])
        dlt.current.source_state().setdefault("published", {})[table] = mark

    hints: dict[str, Any] = {"table_format": "delta"} if file_format == "delta" else {}
    resource: DltResource = dlt.resource(
        read, name=table, write_disposition="replace", file_format="parquet", **hints
    )
    return resource


def _read_marks(connection: duckdb.DuckDBPyConnection, dataset: str) -> dict[str, str]:
    """Returns for each table what changes whenever its rows or columns do."""
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name"
    marks: dict[str, str] = {}
    for (table,) in connection.execute(query, [dataset]).fetchall():
        if table.startswith("_"):
            continue
        sql = f'SELECT max(_dlt_load_id), count(*) FROM "{dataset}"."{table}"'  # noqa: S608
        columns = ",".join(_read_columns(connection, dataset, table))
        told = f"{connection.execute(sql).fetchone()} {columns}"
        marks[table] = hashlib.sha256(told.encode()).hexdigest()[:16]
    return marks


def _read_columns(connection: duckdb.DuckDBPyConnection, dataset: str, table: str) -> list[str]:
    query = (
        "SELECT column_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ?"
        " ORDER BY ordinal_position"
    )
    found = connection.execute(query, [dataset, table]).fetchall()
    return [name for (name,) in found if not name.startswith("_")]
