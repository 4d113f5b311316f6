"""Staging: every row that was loaded, once, under the firm's names."""

from .conftest import Marts


def test_staging_keeps_every_row_of_its_table(marts: Marts) -> None:
    views = marts.sql(
        "select table_name from information_schema.tables where table_schema = 'clio_marts' "
        "and table_name like 'stg_clio__%'"
    )
    assert len(views) > 40
    for (view,) in (tuple(row.values()) for row in views):
        table = view.removeprefix("stg_clio__")
        table = f"clio_{table}" if table == "sync_log" else table
        (counts,) = marts.sql(
            f"select (select count(*) from clio_marts.{view}) as s, (select count(*) from clio.{table}) as r"
        )
        assert counts["s"] == counts["r"], view
