"""Marts of invented firms: loaded and built once per session, for all workers together."""

import json
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from filelock import FileLock
from sqlglot import exp

from clio_sandbox import Sandbox
from clio_sandbox.firm import Size

from ..conftest import Row, Warehouse

PROJECT = Path(__file__).parents[2] / "dbt"
PASSED = ("success", "pass", "no-op")  # nothing is run for an exposure or a saved query


def run_dbt(
    warehouse: Warehouse,
    command: str,
    *arguments: str,
    variables: Mapping[str, Any] | None = None,
    manifest: Manifest | None = None,
) -> dbtRunnerResult:
    """Runs a dbt command on a warehouse in this process, with a target folder of its own.

    With the manifest of an earlier `parse` the project is not read again: most of a short run's time.
    """
    folder = warehouse.file.parent
    asked = [command, *arguments, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    asked += ["--target-path", str(folder / "target"), "--log-level-file", "none", "--quiet"]
    asked += ["--vars", json.dumps(variables or {})]
    here = Path.cwd()
    with pytest.MonkeyPatch.context() as environment, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dbt's own
        environment.setenv("CLIO_DATABASE", str(warehouse.file))
        try:
            return dbtRunner(manifest).invoke(asked)
        finally:
            os.chdir(here)
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt's


def build(warehouse: Warehouse, *arguments: str, variables: Mapping[str, Any] | None = None) -> None:
    """Builds models and runs their tests; fails with the names of those that do not pass."""
    result = run_dbt(warehouse, "build", *arguments, variables=variables)
    assert result.exception is None, result.exception
    assert isinstance(result.result, RunExecutionResult)
    told = [f"{r.node.name}: {r.status} {r.message}" for r in result.result if r.status not in PASSED]
    assert not told, "\n".join(told)


def as_duckdb(statement: str, dialect: str) -> str:
    """Returns a warehouse's query as DuckDB's, on the tables of the only database here."""
    parsed = sqlglot.parse_one(statement, read=dialect)
    for table in parsed.find_all(exp.Table):
        table.set("catalog", None)
    if dialect == "bigquery":
        _read_as_bigquery_does(parsed)
    return parsed.sql(dialect="duckdb")


def _read_as_bigquery_does(parsed: exp.Expr) -> None:
    for data_type in parsed.find_all(exp.DataType):
        if data_type.sql("bigquery") == "NUMERIC":  # 38 digits, 9 of them after the point
            data_type.replace(exp.DataType.build("decimal(38, 9)", dialect="duckdb"))
    for select in parsed.find_all(exp.Select):  # what is grouped by is a name of the select list first
        named = {column.alias: column.this for column in select.expressions if isinstance(column, exp.Alias)}
        group = select.args.get("group")
        for column in group.expressions if group else ():
            if column.name in named and not column.args.get("table"):
                column.replace(named[column.name].copy())


@dataclass(frozen=True)
class Marts:
    """A firm's warehouse with its marts, and what the firm itself says its totals are."""

    warehouse: Warehouse
    ledger: dict[str, Any]

    def sql(self, query: str) -> list[Row]:
        """Returns rows; tables are `clio_marts.…` and `clio.…`."""
        return self.warehouse.sql(query)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Returns a connection that can only read."""
        return duckdb.connect(str(self.warehouse.file), read_only=True)


@pytest.fixture(scope="session")
def marts_of(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[..., Marts]:
    """Gives the marts of a firm by size and seed; the first who asks loads and builds them."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent

    def give(size: Size = "small", seed: int = 1) -> Marts:
        folder = shared / f"marts-{size}-{seed}"
        folder.mkdir(exist_ok=True)
        warehouse, ledger = Warehouse(folder), folder / "ledger.json"
        with FileLock(folder / "lock"):
            if not ledger.exists():
                with Sandbox(size, seed) as clio:
                    warehouse.sync(clio, deletions=True)
                    told = clio.control.ledger()
                build(warehouse)
                ledger.write_text(json.dumps(told, default=str))
        return Marts(warehouse, json.loads(ledger.read_text()))

    return give


@pytest.fixture(scope="session")
def marts(marts_of: Callable[..., Marts]) -> Marts:
    """The small firm's."""
    return marts_of()
