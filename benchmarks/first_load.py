"""Measures a first load, from HTTP to the closed DuckDB file, against other ways to do it::

    python -m benchmarks.first_load --rows 300000

Each contestant (`contestants.py`) is a fresh process that reads the same pages of activities and bills from
a replay of the sandbox (`replay.py`) and must leave the same rows. Contestants take turns, several rounds
of them, and medians are shown. How to read the table:

rows      activities and bills; the rows of nested lists are loaded too, and stand in a column of their own
seconds   wall time from the start of Python to its end, imports included
cpu s     processor seconds of the process and its children
peak MB   the most memory that the process and its children held at one moment
rows/s    rows by seconds: the only figure to compare where the rows differ
ours is   how many times as fast as this contestant our source was in this run

Seconds depend on the machine and on what else it does; the ratios of one run are what counts. The floors
keep no state and merge nothing. `rest_api` by default is too slow for all rows: it gets --slow-rows.
"""

import argparse
import http.client
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import duckdb
import psutil
from rich.console import Console
from rich.table import Table

from .contestants import CONTESTANTS
from .replay import plan_of, read_records, replaying

ROOT = Path(__file__).parent.parent
SLOW = "rest_api"  # too slow for all rows
ONCE = ("rest_api", "rest_api_tuned")  # too slow for several rounds


@dataclass(frozen=True)
class Run:
    """One contestant's run. ``checksum`` is the sum of all totals: it shows that all loaded the same."""

    rows: int
    nested_rows: int
    checksum: float
    seconds: float
    cpu_seconds: float
    peak_bytes: int


def main() -> None:
    """Prints the load average, the server's own speed, and the table."""
    wanted = _arguments()
    rows, slow_rows = _shares(wanted.rows), _shares(wanted.slow_rows)
    console = Console(width=120)
    console.print(f"Load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the first run.")
    records = read_records(rows)
    runs: dict[str, list[Run]] = {name: [] for name in wanted.contestants}
    with replaying(records, rows, compress=wanted.gzip) as url, tempfile.TemporaryDirectory() as directory:
        console.print(_server_speed(url, rows))
        _warm_up(Path(directory))
        for number in range(wanted.rounds):
            for name in wanted.contestants:
                if name != SLOW and (name not in ONCE or number == 0):
                    runs[name].append(_run(name, url, Path(directory) / f"{name}{number}", rows))
    if SLOW in runs:
        with (
            replaying(records, slow_rows, compress=wanted.gzip) as url,
            tempfile.TemporaryDirectory() as home,
        ):
            runs[SLOW].append(_run(SLOW, url, Path(home) / SLOW, slow_rows))
    _check(runs)
    console.print(_table(runs))
    console.print(f"Load average {os.getloadavg()[0]:.1f} after the last run.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.first_load", description="Measures a first load.")
    parser.add_argument("--rows", type=int, default=300_000, help="activities; a fifth as many bills")
    parser.add_argument("--slow-rows", type=int, default=10_000, help=f"the same for {SLOW}")
    parser.add_argument("--rounds", type=int, default=3, help=f"runs of all but {' and '.join(ONCE)}")
    parser.add_argument("--gzip", action="store_true", help="compress the pages, as Clio does")
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    return parser.parse_args()


def _shares(rows: int) -> dict[str, int]:
    return {"activities": rows, "bills": rows // 5}


def _run(name: str, url: str, directory: Path, rows: Mapping[str, int]) -> Run:
    """Runs a contestant in a process of its own and looks into the file that it leaves."""
    directory.mkdir()
    database = directory / "load.duckdb"
    plan = directory / "plan.json"
    plan.write_text(json.dumps(plan_of(rows)))
    command = [sys.executable, "-m", "benchmarks.contestants", name, url, str(plan), str(database)]
    # Ours alone runs where .dlt/config.toml is: the settings belong to it.
    where = ROOT if name == "ours" else directory
    began = time.perf_counter()
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=where, env=_environment(directory), stdout=log, stderr=log)
    peak, status, usage = _watch(process.pid)
    seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{name} failed:\n{(directory / 'log').read_text()[-4000:]}")
    counted = _counted(database, rows)
    return Run(*counted, seconds, usage.ru_utime + usage.ru_stime, peak)


def _environment(directory: Path) -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "",  # nobody is to compile dlt anew
        "DLT_DATA_DIR": str(directory / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }


def _warm_up(directory: Path) -> None:
    """Compiles and reads what contestants import, so that the first of them has no disadvantage."""
    imports = "clio_source, dlt.sources.rest_api, dlt.destinations, pyarrow.json, pyarrow.parquet, duckdb"
    subprocess.run(
        [sys.executable, "-c", f"import {imports}"], cwd=directory, env=_environment(directory), check=True
    )


def _watch(pid: int) -> tuple[int, int, resource.struct_rusage]:
    """Returns the peak memory of a process and its children, and how it ended."""
    peak = 0
    process = psutil.Process(pid)
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return peak, status, usage
        peak = max(peak, sum(map(_memory, [process, *process.children(recursive=True)])))
        time.sleep(0.02)


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0  # it has just ended


def _counted(database: Path, rows: Mapping[str, int]) -> tuple[int, int, float]:
    """Returns what lies in the file: records, rows of nested lists, the sum of all totals."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.table("duckdb_tables").filter("schema_name = 'clio'").select("table_name")

        def ask(table: str, what: str) -> float:
            return float(connection.table(f"clio.{table}").aggregate(what).fetchall()[0][0])

        nested = [
            table for (table,) in tables.fetchall() if table not in rows and table.split("__")[0] in rows
        ]
        return (
            int(sum(ask(table, "count(*)") for table in rows)),
            int(sum(ask(table, "count(*)") for table in nested)),
            sum(ask(table, "sum(total)") for table in rows),
        )


def _check(runs: Mapping[str, list[Run]]) -> None:
    """Refuses to compare contestants that did not do the same work."""
    done = [run for name, runs_of in runs.items() if name != SLOW for run in runs_of]
    for run in done:
        same = (run.rows, run.nested_rows) == (done[0].rows, done[0].nested_rows)
        if not same or abs(run.checksum - done[0].checksum) > 0.01:
            raise SystemExit(f"Contestants loaded different things: {done[0]}, and {run}.")


def _server_speed(url: str, rows: Mapping[str, int]) -> str:
    """Reads every page with the least that can read it: what the server could give."""
    began, size, pages = time.perf_counter(), 0, 0
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    for name, wanted in plan_of(rows).items():
        for page in range(-(-rows[name] // int(wanted["query"]["limit"]))):
            query = urlencode(wanted["query"] | {"page_token": str(page)})
            connection.request("GET", f"/api/v4/{name}.json?{query}")
            size += len(connection.getresponse().read())
            pages += 1
    seconds = time.perf_counter() - began
    return (
        f"The server alone: {pages:,} pages, {size / 1e6:,.0f} MB, in {seconds:.1f} s, "
        f"{sum(rows.values()) / seconds:,.0f} rows/s."
    )


def _table(runs: Mapping[str, list[Run]]) -> Table:
    table = Table("contestant", *_COLUMNS)
    for column in table.columns[1:]:
        column.justify = "right"
    speeds = {name: median(run.rows / run.seconds for run in done) for name, done in runs.items()}
    for name, done in runs.items():
        wall = [run.seconds for run in done]
        table.add_row(
            name,
            str(len(done)),
            f"{done[0].rows:,}",
            f"{done[0].nested_rows:,}",
            f"{median(wall):.1f} ({min(wall):.1f}-{max(wall):.1f})",
            f"{median(run.cpu_seconds for run in done):.1f}",
            f"{median(run.peak_bytes for run in done) / 1e6:,.0f}",
            f"{speeds[name]:,.0f}",
            f"{speeds['ours'] / speeds[name]:.2f} x" if "ours" in speeds else "",
        )
    return table


_COLUMNS = ("runs", "rows", "nested", "seconds (min-max)", "cpu s", "peak MB", "rows/s", "ours is")

if __name__ == "__main__":
    main()
