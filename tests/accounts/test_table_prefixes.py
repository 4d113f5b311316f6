"""Firms that share a dataset, each with a prefix before its tables: as though each had its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from clio_sandbox import Sandbox
from clio_source.collection import load_collections

from .firms import Firms, firms_of

NAMES = ("north", "south", "plain")
SOME = ("bills", "currencies", "matters", "users")


@pytest.fixture
def firms(tmp_path: Path) -> Iterator[Firms]:
    with firms_of(tmp_path, NAMES, ("us", "eu")) as firms:
        firms.defaults = {"select": list(SOME), "deletions": True, "dataset": "clio"}
        for name in ("north", "south"):
            firms.settings[name]["table_prefix"] = name
        firms.write()
        yield firms


def query(firms: Firms, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(firms.folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def truth(clio: Sandbox, name: str, *fields: str) -> list[tuple[Any, ...]]:
    rows = clio.truth(load_collections()[name].path, ",".join(fields))
    return sorted(tuple(row[field] for field in fields) for row in rows)


def check(firms: Firms, gone: dict[str, int]) -> None:
    """Every table holds its own firm's rows, each once, and the nested ones those of its bills."""
    for name, clio in firms.clios.items():
        prefix = "" if name == "plain" else f"{name}_"
        left = f"id <> {gone.get(name, 0)}"
        bills = query(firms, f"select id, number, total from clio.{prefix}bills where {left} order by id")
        assert bills == truth(clio, "bills", "id", "number", "total"), name
        on_bills = f"select bill_id, id from clio.{prefix}bills__matters where bill_{left} order by all"
        records: Any = clio.truth("bills", "id,matters{id}")
        assert query(firms, on_bills) == sorted(
            (bill["id"], matter["id"]) for bill in records for matter in bill["matters"]
        )
        deleted = query(
            firms, f"select collection, id from clio.{prefix}clio_deletions where reason = 'missing'"
        )
        assert deleted == ([("bills", gone[name])] if name in gone else [])
        runs = f"select distinct collection from clio.{prefix}clio_sync_log order by all"
        assert query(firms, runs) == [(collection,) for collection in sorted(SOME)]


def test_firms_share_a_dataset_and_never_mix(firms: Firms) -> None:
    first = firms.replicate()
    assert (first.code, first.err) == (0, ""), first.out + first.err
    check(firms, {})

    gone: dict[str, int] = {}
    for clio in firms.clios.values():
        clio.control.advance(7)
        clio.control.forget_requests()
    victim = truth(firms.clios["south"], "bills", "id")[0][0]
    firms.clios["south"].control.delete("bills", victim)
    gone["south"] = victim
    shutil.rmtree(firms.folder / "dlt")  # another machine: what the destination knows is all there is
    second = firms.replicate()
    assert (second.code, second.err) == (0, ""), second.out + second.err
    check(firms, gone)
    for clio in firms.clios.values():
        asked = [r.parameters for r in clio.control.requests("bills") if r.parameters["fields"] != "id"]
        assert {"updated_since" in sent for sent in asked} == {True}

    third = firms.replicate("--only", "north", "--full-refresh")
    assert third.code == 0, third.out + third.err
    check(firms, gone)
