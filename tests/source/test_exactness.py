"""The warehouse holds what the firm holds: every collection, every row, every cell, every cent."""

from decimal import Decimal
from typing import Any

import pytest

from clio_source.collection import load_collections

from ..conftest import Snapshot
from .reference import differences, expected_columns, expected_rows

COLLECTIONS = load_collections()


@pytest.mark.parametrize("name", COLLECTIONS)
def test_every_cell_is_what_clio_shows(name: str, first_run: Snapshot) -> None:
    columns = expected_columns(COLLECTIONS[name])
    for table, rows in expected_rows(COLLECTIONS[name], first_run.truth[name]).items():
        assert differences(first_run.tables[table], rows, columns[table]) == [], table


def test_there_are_exactly_the_declared_tables_columns_and_types(first_run: Snapshot) -> None:
    expected = {t: c for collection in COLLECTIONS.values() for t, c in expected_columns(collection).items()}
    loaded = {table: columns for table, columns in first_run.columns.items() if table != "clio_sync_log"}
    assert set(loaded) == set(expected)
    assert {t: c for t, c in loaded.items() if c != expected[t]} == {}
