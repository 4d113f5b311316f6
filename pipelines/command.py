"""What the commands have in common: options, the source, the run, its progress and its end."""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dlt
from console import console
from failures import EXPECTED, code_of, meaning_of
from notify import Notifications, notify, read_notifications
from result import Result, failed, result_of, worst

from clio_source import ClioCredentials, ClioSource, clio_source, sync
from clio_source.collection import Collection
from clio_source.destinations import pipeline_into
from clio_source.errors import ConfigurationError
from clio_source.replicate import read_statements
from clio_source.sync import SYNC_LOG, plan
from clio_source.warehouse import Warehouse

_DAYS_BETWEEN_DEMO_RUNS = 7

Books = Mapping[str, Any]  # the invented firm's totals, ending in decimal strings: clio_sandbox/firm/books.py

EXIT_CODES = (
    "Exit code 0: complete. 1: something failed or is incomplete. 2: unusable options or settings. "
    "3: complete except what the token may not read."
)


def load_into(warehouse: str, told: str) -> int:
    """Loads into a warehouse whose credentials dlt's configuration has; returns the exit code.

    Args:
        warehouse: as `destination_of` takes it.
        told: what it is called in the help.
    """
    parser = argparse.ArgumentParser(
        description=f"Loads a law firm's Clio into {told}, and keeps it up to date.", epilog=EXIT_CODES
    )
    parser.add_argument(
        "--server", metavar="NAME", help=f"credentials under [destination.NAME]; default: {warehouse}"
    )
    common_options(parser)
    options = parser.parse_args()

    def load() -> int:
        spec = f"{warehouse}:{options.server}" if options.server else warehouse
        codes = []
        for dataset, collections in datasets(options).items():
            pipeline = pipeline_into(spec, dataset)
            with source_for(pipeline, options, collections) as (source, _):
                codes.append(run(pipeline, source, options))
        return worst(codes)

    return console.guard(load)


def datasets(options: argparse.Namespace) -> dict[str, dict[str, Collection] | None]:
    """Returns the datasets to load into, each with what statements ask for, or None for all."""
    if not options.replicate:
        return {options.dataset: None}
    file = Path(options.replicate)
    try:
        statements = read_statements(file.read_text(encoding="utf-8"))
    except OSError as failure:
        raise ConfigurationError(
            f"Statements {file}",
            f"the file cannot be read ({failure.strerror}).",
            "It says what to replicate.",
            "Give a file with statements such as REPLICATE Bills;",
        ) from None
    found: dict[str, dict[str, Collection] | None] = {}
    for statement in statements:
        dataset = statement.dataset or options.dataset
        found[dataset] = (found.get(dataset) or {}) | {statement.collection.name: statement.collection}
        for note in statement.notes:
            console.say(f"{statement.collection.name} into {dataset}: {note}")
    return found


def common_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that every destination takes."""
    parser.add_argument("--sandbox", action="store_true", help="load an invented firm from a local Clio")
    parser.add_argument("--dataset", metavar="NAME", default="clio", help="schema to load into; clio")
    parser.add_argument("--select", metavar="A,B", help="load only these; names as in docs/collections.md")
    parser.add_argument("--replicate", metavar="FILE", help="load what its REPLICATE statements ask for")
    parser.add_argument("--exclude", metavar="A,B", help="load all but these")
    parser.add_argument("--full-refresh", action="store_true", help="drop what was loaded and read all anew")
    parser.add_argument("--plan", action="store_true", help="tell requests and minutes; load nothing")
    parser.add_argument(
        "--deletions", action="store_true", help="then look for deleted records, into clio_deletions"
    )
    parser.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        default=sys.stderr.isatty(),
        help="show progress; default: on a terminal",
    )


@contextmanager
def source_for(
    pipeline: dlt.Pipeline, options: argparse.Namespace, collections: dict[str, Collection] | None = None
) -> Iterator[tuple[ClioSource, Books | None]]:
    """Yields the firm's source; or that of an invented firm and its books, a week on since each run."""
    if not options.sandbox:
        yield clio_source(collections=collections), None
        return
    try:
        from clio_sandbox import Sandbox
    except ModuleNotFoundError as missing:
        raise ConfigurationError(
            "Option --sandbox",
            f"the module {missing.name} is not installed.",
            "The local Clio needs a little more than the source does.",
            "Run: pip install 'clio-source[sandbox]'.",
        ) from None
    console.say("Inventing a law firm and starting a local Clio …")
    earlier_runs = len(set(Warehouse(pipeline).read(SYNC_LOG, ["run_id"])))
    with Sandbox(size="demo") as clio:
        for _ in range(earlier_runs):
            clio.firm.advance(_DAYS_BETWEEN_DEMO_RUNS)
        token = ClioCredentials(access_token=clio.token)
        yield clio_source(token, api_url=clio.url, collections=collections), clio.control.ledger()


def run(
    pipeline: dlt.Pipeline, source: ClioSource, options: argparse.Namespace, *, first_load: bool = False
) -> int:
    """Loads the selected collections, tells what happened, and returns the exit code."""
    source = _selected(source, options)
    throttle = source.reader.client.throttle
    if options.plan:
        console.show_plan(plan(pipeline, source, first_load=first_load), throttle)
        return 0
    told, began, name = read_notifications(), time.monotonic(), pipeline.dataset_name
    try:
        with console.progress(len(source.resources.selected), throttle, shown=options.progress) as watch:
            receipts = sync(
                pipeline,
                source,
                full_refresh=options.full_refresh,
                deletions=options.deletions,
                watch=watch,
            )
    except EXPECTED as failure:
        error = meaning_of(failure)
        tell(told, [failed(name, time.monotonic() - began, error, code_of(error))])
        raise
    seconds = time.monotonic() - began
    console.show_receipts(receipts, seconds)
    result = result_of(name, seconds, receipts)
    tell(told, [result])
    return result.code


def tell(told: Notifications, results: list[Result]) -> None:
    """Tells people of results, and the terminal if that does not work."""
    for error in notify(told, results):
        console.fail(error)


def _selected(source: ClioSource, options: argparse.Namespace) -> ClioSource:
    chosen = _names(options.select, source, "--select") or list(source.resources.selected)
    excluded = _names(options.exclude, source, "--exclude")
    names = [name for name in chosen if name not in excluded]
    if not names:
        raise ConfigurationError(
            "Options --select and --exclude",
            "no collection is left.",
            "There is nothing to load.",
            "Exclude fewer.",
        )
    return source.with_resources(*names)


def _names(given: str | None, source: ClioSource, option: str) -> list[str]:
    names = [name.strip() for name in (given or "").split(",") if name.strip()]
    for name in names:
        if name not in source.resources:
            raise ConfigurationError(
                f"Option {option}",
                f"`{name}` is not a collection.",
                f"Known are: {', '.join(sorted(source.resources))}.",
                "Take names from docs/collections.md.",
            )
    return names
