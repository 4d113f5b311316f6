"""Measures what the marts of a large firm cost: built for the first time, and again after a day of its life::

    python -m benchmarks.marts --copies 4

The sandbox's large firm is loaded once; its tables are then multiplied within the warehouse, every id moved,
so that each copy is a firm as consistent as the first. All models are built, the firm lives for some days,
`sync` loads what changed, and all models are built again; then every test is run. dbt runs in a process of
its own, with the settings of `dbt/profiles.yml`. How to read the table:

build       the first, or after so many days
wall s      seconds from the start of dbt to its end
CPU s       seconds of processor time of the process, start and parsing included
models s    seconds within models, two at a time
peak MB     the most memory that the process held

Wall seconds depend on what else the machine does; CPU seconds hardly.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import dlt
import duckdb
import psutil

from clio_sandbox import Sandbox
from clio_source import clio_source, sync
from clio_source.auth import ClioCredentials
from clio_source.warehouse import duckdb_file

ROOT = Path(__file__).parent.parent
_BUILD = ("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
_APART = 10**12  # more than any id of the sandbox


@dataclass(frozen=True)
class Build:
    """One run of dbt in a process of its own."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    seconds_of: Mapping[str, float]  # by model

    def as_row(self, name: str) -> str:
        models = sum(self.seconds_of.values())
        return (
            f"| {name} | {self.wall_seconds:,.0f} | {self.cpu_seconds:,.0f} | {models:,.0f} "
            f"| {self.peak_bytes / 1e6:,.0f} |"
        )


def main() -> None:
    """Prints a line of the table for each build as soon as it is measured."""
    wanted = _arguments()
    os.chdir(ROOT)  # where .dlt/config.toml is
    with tempfile.TemporaryDirectory() as folder, Sandbox(wanted.firm) as clio:
        database = Path(folder) / "warehouse.duckdb"
        _load(clio, database)
        multiply(database, wanted.copies)
        _print_head(database)
        first = _dbt(database, *_BUILD)
        print(first.as_row("first"), flush=True)
        clio.control.advance(wanted.days)
        changed = _load(clio, database)
        second = _dbt(database, *_BUILD)
        print(second.as_row(f"after {wanted.days} day{'s' * (wanted.days > 1)}"), flush=True)
        print(_dbt(database, "build", "--resource-type", "test").as_row("tests"), flush=True)
    _print_end(first, second, changed)


def multiply(database: Path, copies: int) -> None:
    """Adds copies of all loaded rows, each with ids of its own: the same firm as often, side by side."""
    with duckdb.connect(str(database)) as connection:
        for table, columns in _columns_of(connection):
            moved = ", ".join(_moved(table, name, kind) for name, kind in columns)
            copied = f'select {moved} from clio."{table}", range(1, {copies}) as copy(k)'  # noqa: S608  # ours
            connection.execute(f'insert into clio."{table}" by name {copied}')


def _columns_of(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, Sequence[tuple[str, str]]]]:
    tables = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'clio' "
        "and not starts_with(table_name, '_dlt') and table_name <> 'clio_sync_log'"
    ).fetchall()
    columns = "from duckdb_columns() where schema_name = 'clio' and table_name = ?"
    for (table,) in tables:
        query = f"select column_name, data_type {columns}"
        yield table, connection.execute(query, [table]).fetchall()


def _moved(table: str, column: str, kind: str) -> str:
    is_id = column == "id" or column.endswith("_id") or (table.endswith("_ids") and column == "value")
    if not is_id or column == "_dlt_load_id":
        return f'"{column}"'
    apart = "|| '-' || k" if kind == "VARCHAR" else f"+ k * {_APART}"
    return f'"{column}" {apart} as "{column}"'


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.marts", description="Measures what marts cost.")
    parser.add_argument("--firm", choices=["small", "demo", "large"], default="large")
    parser.add_argument("--copies", type=int, default=4, help="how many of the firm, side by side")
    parser.add_argument("--days", type=int, default=1, help="of the firm's life between the builds")
    return parser.parse_args()


def _load(clio: Sandbox, database: Path) -> int:
    """Loads what changed; returns how many rows were read."""
    pipeline = dlt.pipeline(
        "marts",
        destination=duckdb_file(database),
        dataset_name="clio",
        pipelines_dir=str(database.parent / "pipelines"),
    )
    source = clio_source(ClioCredentials(access_token=clio.token), api_url=clio.url)
    return sum(receipt.rows for receipt in sync(pipeline, source))


def _dbt(database: Path, *command: str) -> Build:
    """Runs a dbt command and watches its memory until it has ended."""
    target = database.parent / "target"
    shutil.rmtree(target / "run", ignore_errors=True)
    asked = [str(Path(sys.executable).parent / "dbt"), *command]
    asked += ["--project-dir", "dbt", "--profiles-dir", "dbt", "--target-path", str(target)]
    asked += ["--log-level", "none", "--log-level-file", "none"]
    began, before = perf_counter(), os.times()
    process = subprocess.Popen(asked, env={**os.environ, "CLIO_DATABASE": str(database)})
    peak = 0
    while process.poll() is None:
        peak = max(peak, _memory(process.pid))
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    if process.returncode:
        raise SystemExit(f"dbt {command[0]} ended with exit code {process.returncode}.")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    results: list[Any] = json.loads((target / "run_results.json").read_text())["results"]
    seconds = {result["unique_id"].split(".")[2]: float(result["execution_time"]) for result in results}
    return Build(perf_counter() - began, cpu, peak, seconds)


def _memory(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0  # it has just ended


def _print_head(database: Path) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:
        counts = [
            f"{rows:,} {table}"
            for table in ("activities", "bills", "line_items", "allocations")
            for (rows,) in connection.execute(f"select count(*) from clio.{table}").fetchall()  # noqa: S608  # ours
        ]
    print(f"{', '.join(counts)}. Load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n")
    print("| build | wall s | CPU s | models s | peak MB |\n|---|---:|---:|---:|---:|", flush=True)


def _print_end(first: Build, second: Build, changed: int) -> None:
    cpu = first.cpu_seconds / second.cpu_seconds
    models = sum(first.seconds_of.values()) / sum(second.seconds_of.values())
    print(f"\n{changed:,} rows were read in between.")
    print(f"The first build took {cpu:.1f} times the CPU of the second,")
    print(f"its models {models:.1f} times as long. Load average {os.getloadavg()[0]:.1f} after the last run.")
    print("The slowest models, seconds first and again:\n")
    slowest = sorted(first.seconds_of, key=lambda name: -first.seconds_of[name])[:15]
    for name in slowest:
        print(f"- {name}: {first.seconds_of[name]:.1f}, {second.seconds_of.get(name, 0):.1f}")


if __name__ == "__main__":
    main()
