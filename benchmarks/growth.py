"""Measures what a larger firm costs: memory of a first load, and time of a run that finds little new::

    python -m benchmarks.growth --rows 10000 100000 1000000

For each size a table of activities is loaded into an empty DuckDB file by `sync`, as the command does it,
then brought up to date several times when 1,000 of its rows, spread over the whole table, have changed.
Every run is a process of its own and reads from a server that repeats the sandbox's records with new ids.
How to read the table:

rows            rows in Clio and, after the first load, in the warehouse
load s          seconds of the first load, from its first request to its last commit
load peak MB    the most memory that the loading process held at one moment
update s        seconds of a run that reads and merges the changed rows: median (min-max)
update peak MB  its memory likewise

Seconds depend on the machine and on what else it does; what counts is how they differ between the sizes.
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from urllib.parse import parse_qs, urlsplit

import dlt
import orjson
import psutil

from clio_source import clio_source, sync
from clio_source.auth import ClioCredentials
from clio_source.warehouse import duckdb_file

from .contestants import BEARER
from .replay import read_records

ROOT = Path(__file__).parent.parent
CHANGED = 1_000

_FIRST_ID = 1_000_000_000
_PAGE = 200


@dataclass(frozen=True)
class Run:
    """One run of `sync` in a process of its own."""

    rows: int
    seconds: float
    peak_bytes: int


def main() -> None:
    """Prints a line of the table for each size as soon as it is measured."""
    wanted = _arguments()
    os.chdir(ROOT)  # where .dlt/config.toml is
    templates = list(read_records([wanted.collection])[wanted.collection])
    print(f"Load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the first run.\n")
    print("| rows | load s | load peak MB | update s | update peak MB |\n|---:|---:|---:|---:|---:|")
    for rows in wanted.rows:
        with _serving(templates, rows) as url, tempfile.TemporaryDirectory() as folder:
            what = (url, wanted.collection, Path(folder))
            first = _run(*what, expected=rows)
            updates = [_run(*what, expected=CHANGED) for _ in range(wanted.rounds)]
        seconds = [update.seconds for update in updates]
        print(
            f"| {rows:,} | {first.seconds:,.1f} | {first.peak_bytes / 1e6:,.0f} "
            f"| {median(seconds):.2f} ({min(seconds):.2f}-{max(seconds):.2f}) "
            f"| {max(update.peak_bytes for update in updates) / 1e6:,.0f} |",
            flush=True,
        )
    print(f"\nLoad average {os.getloadavg()[0]:.1f} after the last run.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.growth", description="Measures what a larger firm costs."
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5, help="runs with changed rows for each size")
    parser.add_argument("--collection", default="activities", help="or bills, with its nested lists")
    return parser.parse_args()


def _run(url: str, collection: str, folder: Path, *, expected: int) -> Run:
    """Runs `sync` in a new process and watches its memory until it has ended."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_sync, args=(theirs, url, collection, folder))
    process.start()
    theirs.close()
    peak = 0
    while process.is_alive():
        peak = max(peak, _memory(process.pid))
        time.sleep(0.02)
    if process.exitcode:
        raise SystemExit(f"The run against {url} ended with exit code {process.exitcode}.")
    rows, seconds = ours.recv()
    if rows != expected:
        raise SystemExit(f"{rows:,} rows were loaded, {expected:,} were due.")
    return Run(rows, seconds, peak)


def _memory(pid: int | None) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0  # it has just ended


def _sync(parent: Connection, url: str, collection: str, folder: Path) -> None:
    """Loads the collection into the folder's warehouse; sends rows and seconds."""
    pipeline = dlt.pipeline(
        "growth",
        destination=duckdb_file(folder / "warehouse.duckdb"),
        dataset_name="clio",
        pipelines_dir=str(folder / "pipelines"),
    )
    credentials = ClioCredentials()
    credentials.access_token = BEARER
    source = clio_source(credentials, api_url=url).with_resources(collection)
    began = time.perf_counter()
    [receipt] = sync(pipeline, source)
    parent.send((receipt.rows if receipt.outcome == "complete" else 0, time.perf_counter() - began))


@contextmanager
def _serving(templates: list[bytes], rows: int) -> Iterator[str]:
    """Serves a list of so many rows from a process of its own; yields scheme and host."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs, templates, rows), daemon=True)
    server.start()
    theirs.close()
    try:
        yield str(ours.recv())
    finally:
        ours.close()
        server.join()


def _serve(parent: Connection, templates: list[bytes], rows: int) -> None:
    """Answers until the parent is gone: all rows, or the changed ones to whoever asks for changes."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections are kept
        wbufsize = -1  # headers and body leave together

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            if asked.path.endswith("/who_am_i.json"):
                body = b'{"data":{"id":1}}'
            else:
                step = rows // CHANGED if "updated_since" in query else 1
                body = self.page(range(0, rows, step), int(query.get("page_token", "0")))
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def page(self, numbers: range, page: int) -> bytes:
            here = numbers[page * _PAGE : (page + 1) * _PAGE]
            data = b",".join(b'{"id":%d,%b' % (_FIRST_ID + n, templates[n % len(templates)]) for n in here)
            address = self.path.partition("&page_token=")[0]
            more = len(numbers) > (page + 1) * _PAGE
            paging = {"next": f"{host}{address}&page_token={page + 1}"} if more else {}
            return b'{"data":[%b],"meta":{"paging":%b}}' % (data, orjson.dumps(paging))

        def date_time_string(self, timestamp: float | None = None) -> str:
            """Clio's clock: later than every record, so that the next run asks for none of them again."""
            return "Thu, 01 Jul 2027 12:00:00 GMT"

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    parent.send(host)
    parent.poll(None)


if __name__ == "__main__":
    main()
