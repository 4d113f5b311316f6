"""Runs a pipeline until every collection is read to its end.

One `pipeline.run` is one load package: all of it arrives or nothing. A first load of a large firm takes
hours, so `sync` makes many of it, each with at most so many pages per collection. Rows and the place
reached are loaded together, and a run that was killed goes on from the last package, on another machine
too: what the destination knows is the only truth, and what lies in dlt's working folder is dropped first.
"""

import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any, cast

import dlt
import pyarrow as pa
from dlt.common.typing import TRefreshMode

from .alone import Others, alone
from .appends import Appends
from .deletions import GUARD_SHARE, DeletionSweep
from .destinations import check_merges
from .errors import StoppedError
from .plan import Estimate, iter_estimates
from .receipt import Receipt
from .resources import ClioSource, Reader
from .warehouse import Warehouse

SYNC_LOG = "clio_sync_log"
CHECKPOINT_PAGES = 250
CHECKPOINT_SECONDS = 20  # a commit takes a second, and in some warehouses a minute

# What has to be so wherever it is run from, unless the user says otherwise.
_DLT_SETTINGS = {
    # dlt leaves `_dlt_load_id` out of Arrow tables, and it cannot be added to a table with rows later.
    "normalize.parquet_normalizer.add_dlt_load_id": True,
    # The rows of the last package would stay a second time, in the staging dataset.
    "load.truncate_staging_dataset": True,
}

SYNC_LOG_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("collection", pa.string()),
        ("outcome", pa.string()),
        ("why", pa.string()),
        ("since", pa.timestamp("us", "UTC")),
        ("through", pa.timestamp("us", "UTC")),
        ("pages", pa.int64()),
        ("rows_new", pa.int64()),
        ("rows_changed", pa.int64()),
        ("rows_gone", pa.int64()),
        ("rows_restored", pa.int64()),
        ("requests", pa.int64()),
        ("retries", pa.int64()),
        ("waited_seconds", pa.float64()),
        ("seconds", pa.float64()),
        ("surprises", pa.int64()),
        ("api_version", pa.string()),
        ("user_id", pa.int64()),
        ("started_at", pa.timestamp("us", "UTC")),
        ("finished_at", pa.timestamp("us", "UTC")),
    ]
)


def sync(
    pipeline: dlt.Pipeline,
    source: ClioSource,
    *,
    checkpoint_pages: int | None = None,
    full_refresh: bool = False,
    deletions: bool = False,
    watch: Callable[[Receipt], None] | None = None,
) -> list[Receipt]:
    """Loads the selected collections to their end; returns a receipt for each.

    What fails in one collection stands in its receipt and stops no other. The receipts are also appended
    to the table `clio_sync_log`.

    Args:
        checkpoint_pages: commit rows and place after so many pages of a collection; by default what
            `sources.clio.checkpoint_pages` says, or 250, which is five minutes' budget at Clio's busy
            hours, and no sooner than 20 seconds after the last commit.
        full_refresh: forget where the collections stood, and read them anew from the beginning.
        deletions: then look for what Clio no longer has, and record it in `clio_deletions`; one request
            per page of ids, and no more than a tenth of a table, or `sources.clio.deletion_guard`.
        watch: called with the receipt after each page and at its end, to show progress.

    On SIGINT and SIGTERM it stops at the next page, loads what was read, and says what is incomplete.

    Raises:
        ClioError: Clio cannot be read at all: wrong host, token or API version; or the destination cannot
            replace rows; nothing was loaded. Or another process loads the same dataset (`alone.py`).
    """
    check_merges(pipeline)
    started_at = datetime.now(UTC)
    reader = source.reader
    configured = dlt.config.get("sources.clio.checkpoint_pages", int)
    for key, value in _DLT_SETTINGS.items():
        if dlt.config.get(key) is None:
            dlt.config[key] = value
    reader.carry_on = True
    given = checkpoint_pages or configured
    reader.pages_at_most = given or CHECKPOINT_PAGES
    reader.watch = watch or (lambda _: None)
    with alone(pipeline), _stopping_at_signals(pipeline, reader):
        user_id = reader.client.read_user_id()
        pipeline.drop()
        others = Others(pipeline, source.schema.name)
        with Warehouse(pipeline).held():
            pipeline.sync_destination()
        reader.appends = Appends(pipeline, reader.prefix) if Warehouse(pipeline).is_file else None
        seconds = 0 if given else CHECKPOINT_SECONDS
        receipts = _run_to_the_end(pipeline, others, source, full_refresh, seconds)
        if deletions:
            _sweep_deletions(pipeline, others, reader, receipts, user_id)
        about = {"api_version": reader.client.api_version, "user_id": user_id, "started_at": started_at}
        _run(pipeline, others, _sync_log(receipts, about, reader.prefix))
    return receipts


def plan(pipeline: dlt.Pipeline, source: ClioSource, *, first_load: bool = False) -> Iterator[Estimate]:
    """Yields how many requests each selected collection will take; loads nothing.

    Collections that are read per parent are passed over: their cost is one request per parent at least.

    Args:
        first_load: nothing is in the destination yet, so it need not be asked.
    """
    with alone(pipeline):
        source.reader.client.read_user_id()
        pipeline.drop()
        if not first_load:
            pipeline.sync_destination()
        states = pipeline.state.get("sources", {}).get(source.name, {}).get("resources", {})
        since = {name: state["through"] for name, state in states.items() if "through" in state}
        chosen = [source.reader.collections[name] for name in source.resources.selected]
        top_level = [collection for collection in chosen if collection.read_per is None]
        yield from iter_estimates(source.reader.client, top_level, since)


def _run_to_the_end(
    pipeline: dlt.Pipeline, others: Others, source: ClioSource, full_refresh: bool, seconds: float
) -> list[Receipt]:
    """Loads package after package, each no sooner than `seconds` after it began."""
    reader = source.reader
    receipts = [reader.receipts[name] for name in source.resources.selected]
    refresh: TRefreshMode | None = "drop_resources" if full_refresh else None
    for some in _in_order(pipeline, reader, receipts):
        remaining = some
        while remaining and not reader.stopping:
            names = [receipt.collection for receipt in remaining]
            reader.not_before = time.monotonic() + seconds
            part = source.with_resources(*names)
            _run(pipeline, others, part, refresh if remaining is some else None, reader.appends)
            remaining = [receipt for receipt in remaining if receipt.outcome == "reading"]
    for receipt in receipts:
        if receipt.outcome in ("waiting", "reading"):
            receipt.fail(StoppedError(receipt.collection))
    return receipts


def _in_order(pipeline: dlt.Pipeline, reader: Reader, receipts: list[Receipt]) -> list[list[Receipt]]:
    """Returns what to read first and what then: a first load may take hours."""
    if Warehouse(pipeline, reader.prefix).count(SYNC_LOG):
        return [receipts]
    early = [receipt for receipt in receipts if reader.collections[receipt.collection].early]
    return [part for part in (early, [r for r in receipts if r not in early]) if part]


def _sweep_deletions(
    pipeline: dlt.Pipeline, others: Others, reader: Reader, receipts: list[Receipt], user_id: int | None
) -> None:
    log = Warehouse(pipeline, reader.prefix)
    before = log.read(SYNC_LOG, ["started_at", "user_id"], "user_id IS NOT NULL")
    last_user = max(before, key=lambda row: cast("datetime", row[0]), default=(None, user_id))[1]
    sweep = DeletionSweep(
        reader,
        [receipt.collection for receipt in receipts],
        same_user=user_id == last_user,
        guard_share=dlt.config.get("sources.clio.deletion_guard", float) or GUARD_SHARE,
        pages_at_most=reader.pages_at_most or CHECKPOINT_PAGES,
    )
    while not sweep.finished and not reader.stopping:
        _run(pipeline, others, sweep.resource())


def _run(
    pipeline: dlt.Pipeline,
    others: Others,
    data: Any,
    refresh: TRefreshMode | None = None,
    appends: Appends | None = None,
) -> None:
    """Loads one package: what `pipeline.run` does, and nobody else writes while it is loaded."""
    pipeline.extract(data, loader_file_format="parquet", refresh=refresh)
    pipeline.normalize()
    with Warehouse(pipeline).held():
        others.refuse()
        if appends:
            appends.check()
        load = pipeline.load()
        others.note_ours(load.loads_ids)
    load.raise_on_failed_jobs()


@contextmanager
def _stopping_at_signals(pipeline: dlt.Pipeline, reader: Reader) -> Iterator[None]:
    """Lets the first SIGINT or SIGTERM stop the reading; a second one ends the process as ever."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, _frame: FrameType | None) -> None:
        reader.stop()
        signal.signal(number, before[signal.Signals(number)])

    # dlt would stop at the signal in the middle of a package, and leave it behind.
    pipeline.runtime_config.intercept_signals = False
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _sync_log(receipts: list[Receipt], about: dict[str, Any], prefix: str) -> Any:
    """Returns the run's receipts as a dlt resource: a row per collection."""
    run = about | {"run_id": str(uuid.uuid4()), "finished_at": datetime.now(UTC)}
    rows = [_log_row(receipt) | run for receipt in receipts]

    def read() -> Iterator[pa.Table]:
        yield pa.Table.from_pylist(rows, schema=SYNC_LOG_SCHEMA)

    return dlt.resource(read, name=SYNC_LOG, table_name=prefix + SYNC_LOG, write_disposition="append")


def _log_row(receipt: Receipt) -> dict[str, Any]:
    return {
        "collection": receipt.collection,
        "outcome": receipt.outcome,
        "why": receipt.why or None,
        "since": _moment(receipt.since),
        "through": _moment(receipt.through),
        "pages": receipt.pages,
        "rows_new": receipt.rows_new,
        "rows_changed": receipt.rows_changed,
        "rows_gone": receipt.rows_gone,
        "rows_restored": receipt.rows_restored,
        "requests": receipt.requests,
        "retries": receipt.retries,
        "waited_seconds": receipt.waited_seconds,
        "seconds": receipt.seconds,
        "surprises": sum(receipt.surprises.values()),
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
