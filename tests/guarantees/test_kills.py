"""A run may die at any moment; the next goes on from its last checkpoint, and nothing is lost or doubled."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

import pytest

from clio_sandbox import Exchange, Sandbox
from clio_source import sync
from clio_source.errors import BusyError, WarehouseError
from clio_source.receipt import Receipt

from ..conftest import Tables, Warehouse, truth
from .firm import CHANGING, SHOWN, ChangingFirm, declare, doubled, read_with, wrong
from .process import COMPLETE, INCOMPLETE, PATIENCE_SECONDS, start
from .small_pages import rounds, thorough

LIMITS = {"matters": 5, "bills": 6, "notes": 4, "outstanding_client_balances": 100}
RECORDS = (6, 12)
COLLECTIONS = declare({name: SHOWN[name] for name in LIMITS}, LIMITS)


@pytest.fixture(scope="module")
def length(_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> float:
    """The seconds from first request to end of a run that nobody disturbs; a guess when time is short."""
    if not thorough():
        return 5.0
    ChangingFirm(_sandbox, COLLECTIONS, "length", RECORDS)
    process = begin(_sandbox, Warehouse(tmp_path_factory.mktemp("length")), checkpoint_pages=1)
    began = time.monotonic()
    assert end(process) == COMPLETE
    return time.monotonic() - began


@pytest.mark.parametrize("number", range(rounds(by_default=1)))
def test_a_run_killed_at_any_moment_loses_and_doubles_nothing_and_reads_little_again(
    clio: Sandbox,
    tmp_path: Path,
    length: float,
    number: int,
    record_property: Callable[[str, object], None],
) -> None:
    draw = Random(number)
    firm = ChangingFirm(clio, COLLECTIONS, number, RECORDS)
    warehouse, checkpoint_pages = Warehouse(tmp_path), draw.choice((1, 1, 2))
    kills, changes, ends = draw.choice((1, 1, 1, 2, 4)), draw.choice((0, 0, 8)), Counter[int | None]()
    while ends[-signal.SIGKILL] < kills:
        process = begin(clio, warehouse, checkpoint_pages)
        time.sleep(draw.uniform(0, length))
        process.kill()
        ends[end(process)] += 1
        record_property("died in", phase(warehouse))
        if draw.random() < 0.2:
            warehouse.pipelines_dir = tmp_path / f"machine {ends.total()}"
        for _ in range(changes):
            firm.change(draw)
    assert ends.keys() <= {-signal.SIGKILL, COMPLETE}
    load(clio, warehouse)
    tables = assert_equal(clio, warehouse, firm)
    for name in firm.changing_collections if not changes else ():
        parts, limit = len(COLLECTIONS[name].parts), LIMITS[name]
        first_sweep = [e for e in clio.control.requests(name) if "updated_since" not in e.parameters]
        again = len(first_sweep) - sum(-(-rows // limit) for rows in by_part(name, tables))
        assert again <= kills * max(checkpoint_pages, parts), name


@pytest.fixture(scope="module")
def large() -> Iterator[Sandbox]:
    """A Clio with a firm whose first load is appended, several packages long."""
    with Sandbox("demo", token_lifetime=10**9) as clio:
        yield clio


@pytest.mark.parametrize("number", range(rounds(by_default=1)))
def test_a_first_load_of_many_records_that_is_killed_loses_and_doubles_nothing(
    large: Sandbox, tmp_path: Path, number: int, record_property: Callable[[str, object], None]
) -> None:
    """Each package is killed at a random moment, or at one of those in which it is written."""
    draw, warehouse = Random(number), Warehouse(tmp_path)
    limits = {"activities": 200, "bills": 200}
    collections = declare({name: SHOWN[name] for name in limits}, limits)
    large.control.clear()
    for _ in range(3):
        process = begin(large, warehouse, checkpoint_pages=30, limits=limits)
        in_load = draw.random() < 0.7
        while in_load and process.is_alive() and phase(warehouse) != "load":
            time.sleep(0.005)
        time.sleep(draw.uniform(0, 1))
        process.kill()
        assert end(process) in (-signal.SIGKILL, COMPLETE)
        record_property("died in", phase(warehouse))
    source = read_with(large.url, large.token, collections)
    assert {r.outcome for r in sync(warehouse.pipeline(), source, checkpoint_pages=30)} == {"complete"}
    tables = warehouse.tables()
    assert doubled(tables, collections) == []
    for name, collection in collections.items():
        assert wrong(tables, collection, truth(large, collection)) == [], name


STOPS = [(signal.SIGTERM, "another"), (signal.SIGINT, "the same")]


@pytest.mark.parametrize(("number", "machine"), STOPS[: rounds(by_default=1)])
def test_a_run_that_is_asked_to_stop_loads_what_it_read_and_the_next_goes_on_there(
    clio: Sandbox, warehouse: Warehouse, number: signal.Signals, machine: str
) -> None:
    firm = ChangingFirm(clio, COLLECTIONS, "asked to stop", RECORDS)
    process = begin(clio, warehouse, checkpoint_pages=2, at_request=(6, number))
    assert end(process) == INCOMPLETE
    log = {row["collection"]: row for row in warehouse.rows("clio_sync_log")}
    stopped = [name for name, row in log.items() if row["outcome"] == "incomplete"]
    assert stopped
    assert all("we were asked to stop" in log[name]["why"] for name in stopped)
    loaded = {name: len(warehouse.rows(name)) for name in firm.changing_collections if log[name]["pages"]}
    assert loaded == {name: sum(r.rows for r in clio.control.requests(name)) for name in loaded}

    if machine == "another":
        warehouse.pipelines_dir = warehouse.pipelines_dir.with_name("another")
    receipts = load(clio, warehouse)
    tables = assert_equal(clio, warehouse, firm)
    for name in firm.changing_collections:
        rows = receipts[name].rows
        assert loaded.get(name, 0) + rows == len(tables[name]), "no record is loaded a second time"


def test_a_second_run_is_refused_while_the_first_goes_on(clio: Sandbox, warehouse: Warehouse) -> None:
    firm = ChangingFirm(clio, COLLECTIONS, "two at once", RECORDS)
    answer = threading.Event()
    process = begin(clio, warehouse, checkpoint_pages=100, answer=answer)
    source = read_with(clio.url, clio.token, COLLECTIONS)
    with pytest.raises(BusyError, match="another process is running it"):
        sync(warehouse.pipeline(), source)
    answer.set()
    assert end(process) == COMPLETE
    assert_equal(clio, warehouse, firm)


def test_a_run_is_refused_when_another_machine_has_loaded_meanwhile(
    clio: Sandbox, warehouse: Warehouse, tmp_path: Path
) -> None:
    """Its rows may be older than those now in the tables, and its watermark with them."""
    firm = ChangingFirm(clio, COLLECTIONS, "two machines", RECORDS)
    elsewhere = Warehouse(tmp_path)
    elsewhere.pipelines_dir = tmp_path / "another machine"
    others: list[BaseProcess] = []

    def load_there(receipt: Receipt) -> None:
        if receipt.collection == "matters" and receipt.pages == 2 and not others:
            others.append(start(clio, elsewhere, LIMITS, checkpoint_pages=100))
            assert end(others[0]) == COMPLETE
            firm.change(Random("two machines"))

    source = read_with(clio.url, clio.token, COLLECTIONS)
    with pytest.raises(BusyError, match="another process has loaded into it since this run began"):
        sync(warehouse.pipeline(), source, checkpoint_pages=100, watch=load_there)
    assert {row["outcome"] for row in warehouse.rows("clio_sync_log")} == {"complete"}
    load(clio, warehouse)
    assert_equal(clio, warehouse, firm)


def test_a_file_that_another_program_has_open_is_named(clio: Sandbox, warehouse: Warehouse) -> None:
    ChangingFirm(clio, COLLECTIONS, "open elsewhere", RECORDS)
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(warehouse.file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        assert program.stdout
        program.stdout.readline()
        with pytest.raises(WarehouseError, match="another process has the DuckDB file open"):
            sync(warehouse.pipeline(), read_with(clio.url, clio.token, COLLECTIONS))
        program.communicate(b"\n")


def begin(
    clio: Sandbox,
    warehouse: Warehouse,
    checkpoint_pages: int,
    limits: Mapping[str, int] = LIMITS,
    at_request: tuple[int, signal.Signals] | None = None,
    answer: threading.Event | None = None,
) -> BaseProcess:
    """Starts a run; returns when it has sent a request.

    Args:
        at_request: when so many were sent, send it this signal.
        answer: keep it waiting for answers until this is set.
    """
    asked = threading.Event()
    requests = 0

    def note(_: Exchange) -> None:
        nonlocal requests
        requests += 1
        asked.set()
        if at_request and requests == at_request[0]:
            os.kill(int(process.pid or 0), at_request[1])
        if answer:
            answer.wait(PATIENCE_SECONDS)

    clio.control.on_request(note)
    process = start(clio, warehouse, limits, checkpoint_pages=checkpoint_pages)
    assert asked.wait(PATIENCE_SECONDS)
    return process


def end(process: BaseProcess) -> int | None:
    """Returns how a run ended."""
    process.join(PATIENCE_SECONDS)
    return process.exitcode


def phase(warehouse: Warehouse) -> str:
    """Returns what a run was at when it died, by what it left in dlt's working folder."""
    folder = warehouse.pipelines_dir / "clio"
    left = {
        "load": "load/normalized/*",
        "normalize": "load/new/*",
        "before normalize": "normalize/extracted/*",
        "extract": "normalize/new/*",
    }
    return next((name for name, pattern in left.items() if any(folder.glob(pattern))), "between packages")


def load(clio: Sandbox, warehouse: Warehouse) -> dict[str, Receipt]:
    """Runs to the end in this process."""
    source = read_with(clio.url, clio.token, COLLECTIONS)
    receipts = sync(warehouse.pipeline(), source, checkpoint_pages=100)
    assert {receipt.outcome for receipt in receipts} == {"complete"}
    return {receipt.collection: receipt for receipt in receipts}


def assert_equal(clio: Sandbox, warehouse: Warehouse, firm: ChangingFirm) -> Tables:
    """Fails unless the tables hold what the firm does, and of what is gone a version that was there."""
    tables = warehouse.tables()
    assert doubled(tables, COLLECTIONS) == []
    for name, collection in COLLECTIONS.items():
        gone = firm.kept(name, tables[name]) if name in CHANGING else []
        assert wrong(tables, collection, truth(clio, collection) + gone) == []
    return tables


def by_part(name: str, tables: Tables) -> list[int]:
    """Returns how many rows each list of a collection has."""
    parts = COLLECTIONS[name].parts
    return [sum(row.items() >= part.items() for row in tables[name]) for part in parts]
