"""Runs a pipeline until every collection is read to its end.

One `pipeline.run` is one load package: all of it arrives or nothing. A first load of a large firm takes
hours, so `sync` makes many of it, each with at most so many pages per collection. Rows and the place
reached are loaded together, and a run that was killed goes on from the last package, on another machine
too: what the destination knows is the only truth, and what lies in dlt's working folder is dropped first.
"""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import dlt
import pyarrow as pa

from .receipt import Receipt
from .resources import ClioSource

SYNC_LOG = "clio_sync_log"
CHECKPOINT_PAGES = 250

_LOG_SCHEMA = pa.schema(
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
    watch: Callable[[Receipt], None] | None = None,
) -> list[Receipt]:
    """Loads the selected collections to their end; returns a receipt for each.

    What fails in one collection stands in its receipt and stops no other. The receipts are also appended
    to the table `clio_sync_log`.

    Args:
        checkpoint_pages: commit rows and place after so many pages of a collection; by default what
            `sources.clio.checkpoint_pages` says, or 250: five minutes' budget at Clio's busy hours.
        full_refresh: forget where the collections stood, and read them anew from the beginning.
        watch: called with the receipt after each page and at its end, to show progress.

    Raises:
        ClioError: Clio cannot be read at all: wrong host, token or API version. Nothing was loaded.
    """
    started_at = datetime.now(UTC)
    reader = source.reader
    user_id = reader.client.read_user_id()
    selected = list(source.resources.selected)
    configured = dlt.config.get("sources.clio.checkpoint_pages", int)
    reader.carry_on = True
    reader.pages_at_most = checkpoint_pages or configured or CHECKPOINT_PAGES
    reader.watch = watch or (lambda _: None)
    pipeline.drop()
    remaining = selected
    refresh: Any = "drop_resources" if full_refresh else None
    while remaining:
        pipeline.run(source.with_resources(*remaining), loader_file_format="parquet", refresh=refresh)
        refresh = None
        remaining = [name for name in remaining if reader.receipts[name].outcome == "reading"]
    receipts = [reader.receipts[name] for name in selected]
    about = {"api_version": reader.client.api_version, "user_id": user_id, "started_at": started_at}
    pipeline.run(_sync_log(receipts, about), loader_file_format="parquet")
    return receipts


def _sync_log(receipts: list[Receipt], about: dict[str, Any]) -> Any:
    """Returns the run's receipts as a dlt resource: a row per collection."""
    run = about | {"run_id": str(uuid.uuid4()), "finished_at": datetime.now(UTC)}
    rows = [_log_row(receipt) | run for receipt in receipts]

    def read() -> Iterator[pa.Table]:
        yield pa.Table.from_pylist(rows, schema=_LOG_SCHEMA)

    return dlt.resource(read, name=SYNC_LOG, write_disposition="append")


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
        "requests": receipt.requests,
        "retries": receipt.retries,
        "waited_seconds": receipt.waited_seconds,
        "seconds": receipt.seconds,
        "surprises": sum(receipt.surprises.values()),
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
