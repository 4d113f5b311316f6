"""What the commands have in common: options, the run, its progress and its end."""

import argparse
import sys
import time

import dlt
from console import console

from clio_source import ClioSource, sync
from clio_source.errors import ConfigurationError
from clio_source.receipt import Receipt
from clio_source.sync import plan

# As in .dlt/config.toml, wherever the command is run from. dlt's own defaults are to tell its makers of each
# run, and to print tracebacks.
_DLT_SETTINGS = {"runtime.dlthub_telemetry": False, "runtime.log_level": "CRITICAL"}
for _key, _value in _DLT_SETTINGS.items():
    if dlt.config.get(_key) is None:
        dlt.config[_key] = _value


def common_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that every destination takes."""
    parser.add_argument("--dataset", metavar="NAME", default="clio", help="schema to load into; clio")
    parser.add_argument("--select", metavar="A,B", help="load only these; names as in docs/collections.md")
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


def run(
    pipeline: dlt.Pipeline, source: ClioSource, options: argparse.Namespace, *, first_load: bool = False
) -> int:
    """Loads the selected collections, tells what happened, and returns the exit code."""
    source = _selected(source, options)
    throttle = source.reader.client.throttle
    if options.plan:
        console.show_plan(plan(pipeline, source, first_load=first_load), throttle)
        return 0
    began = time.monotonic()
    with console.progress(len(source.resources.selected), throttle, shown=options.progress) as watch:
        receipts = sync(
            pipeline,
            source,
            full_refresh=options.full_refresh,
            deletions=options.deletions,
            watch=watch,
        )
    console.show_receipts(receipts, time.monotonic() - began)
    return _exit_code(receipts)


def _exit_code(receipts: list[Receipt]) -> int:
    outcomes = {receipt.outcome for receipt in receipts}
    return 0 if outcomes <= {"complete"} else 3 if outcomes <= {"complete", "forbidden"} else 1


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
