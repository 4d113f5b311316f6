"""A firm that has nothing yet, and a warehouse that has no tables yet."""

import shutil
from pathlib import Path

import duckdb
import pytest

from ..conftest import Warehouse
from .conftest import Marts, build


@pytest.mark.parametrize("made_empty_by", ["DELETE FROM", "DROP TABLE"])
def test_an_empty_firm_builds(made_empty_by: str, marts: Marts, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    shutil.copy(marts.warehouse.file, warehouse.file)
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute("drop schema clio_marts cascade")
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'clio'"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f'{made_empty_by} clio."{table}"')
    build(warehouse)
    assert warehouse.sql("from clio_marts.stg_clio__bills") == []
    assert warehouse.sql("from clio_marts.matter_custom_fields") == []
