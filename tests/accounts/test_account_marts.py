"""Marts over all firms of `accounts.toml`, wherever their rows are: no key twice, and none is mixed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from clio_source.accounts import Account
from clio_source.errors import ConfigurationError

from .firms import LEDGERS, ROOT, Firms, firms_of

sys.path.insert(0, str(ROOT / "pipelines"))  # commands import their neighbours

from account_marts import Marts, dbt_variables

NAMES = ("north", "south", "east")
BILLS = (
    "select account, count(*), count(distinct bill_id), sum(total_amount) from clio_marts.fct_bills "
    "group by account"
)


@pytest.fixture
def firms(tmp_path: Path) -> Iterator[Firms]:
    """One has a file of its own; two share a dataset where the marts go, one of them with a prefix."""
    with firms_of(tmp_path, NAMES, ("us", "eu", "ca")) as firms:
        firms.defaults = {"select": list(LEDGERS)}
        firms.settings["south"] |= {"dataset": "clio_east", "table_prefix": "south"}
        for name in ("south", "east"):
            firms.settings[name]["destination"] = "together.duckdb"
        firms.write()
        yield firms


def query(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def told_by_clio(firms: Firms) -> dict[str, tuple[int, int, Any]]:
    totals = {
        name: [row["total"] for row in clio.truth("bills", "id,total")] for name, clio in firms.clios.items()
    }
    return {name: (len(bills), len(bills), sum(bills)) for name, bills in totals.items()}


def test_marts_span_firms_of_several_files(firms: Firms) -> None:
    done = firms.replicate("--marts", "together.duckdb")
    assert (done.code, done.err) == (0, ""), done.out + done.err
    assert "The marts are in clio_marts of together.duckdb." in done.out
    file = firms.folder / "together.duckdb"
    assert {name: tuple(rest) for name, *rest in query(file, BILLS)} == told_by_clio(firms)
    hosts = "select distinct account, split_part(clio_url, '/', 3) from clio_marts.fct_worklist order by all"
    assert query(file, hosts) == [
        ("east", "ca.app.clio.com"), ("north", "app.clio.com"), ("south", "eu.app.clio.com"),
    ]  # fmt: skip

    # The same by hand, as the page has it, into a file of dbt's own.
    page = (ROOT / "docs" / "accounts.md").read_text(encoding="utf-8")
    (command,) = (line for line in page.splitlines() if line.startswith("dbt build "))
    command = command.replace("python pipelines/", f"python {ROOT}/pipelines/")
    command = command.replace("accounts.toml", str(firms.file)).replace("-dir dbt", f"-dir {ROOT}/dbt")
    only = "--select +fct_bills --exclude-resource-type test unit_test"  # other models are not there
    subprocess.run(
        ["bash", "-ec", f"{command} {only} --target-path target"],
        cwd=firms.folder,
        env=firms.environment
        | {
            "PATH": f"{Path(sys.executable).parent}:{firms.environment['PATH']}",  # as `activate` does
            "CLIO_DATABASE": str(firms.folder / "by_hand.duckdb"),
        },
        check=True,
        capture_output=True,
        timeout=300,
    )
    assert query(firms.folder / "by_hand.duckdb", f"{BILLS} order by all") == query(
        file, f"{BILLS} order by all"
    )


def test_files_of_the_same_name_are_told_to_dbt_by_other_names(tmp_path: Path) -> None:
    files = [tmp_path / "a" / "w.duckdb", tmp_path / "b" / "w.duckdb", tmp_path / "marts.duckdb"]
    accounts = [
        Account(name, destination=str(file), dataset="clio") for name, file in zip("xyz", files, strict=True)
    ]
    assert dbt_variables(accounts, files[2]) == {
        "clio_accounts": [
            {"name": "x", "schema": "clio", "database": "of_w"},
            {"name": "y", "schema": "clio", "database": "of_w_2"},
            {"name": "z", "schema": "clio"},
        ],
        "clio_attach": [
            {"path": str(files[0]), "alias": "of_w", "read_only": True},
            {"path": str(files[1]), "alias": "of_w_2", "read_only": True},
        ],
    }


REFUSED = {
    "two warehouses": (("postgres", "snowflake"), "all.duckdb", "several warehouses", "--only"),
    "two servers": (("postgres:london", "postgres:paris"), "all.duckdb", "several warehouses", "--only"),
    "a warehouse": (("snowflake", "snowflake"), "all.duckdb", "are in snowflake", "--dbt-vars"),
    "a schema's name": (("w.duckdb", "w.duckdb"), "clio_a.duckdb", "named like a schema", "another name"),
    "no folder": (("w.duckdb", "w.duckdb"), "nowhere/all.duckdb", "no folder", "Make the folder"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_marts_that_cannot_be_built_are_refused_before_anything_is_read(name: str, tmp_path: Path) -> None:
    (first, second), file, *phrases = REFUSED[name]
    accounts = [
        Account("a", destination=first, dataset="clio_a"),
        Account("b", destination=second, dataset="clio_b"),
    ]
    with pytest.raises(ConfigurationError) as raised:
        Marts(accounts, tmp_path / file)
    for phrase in (*phrases, "Nothing was loaded"):
        assert phrase in str(raised.value)
