"""Loads many firms, side by side, each into a dataset of its own.

    python pipelines/replicate_accounts.py accounts.toml

Exit code 0: all complete. 1: something failed or is incomplete, by name. 2: accounts.toml, options or
settings cannot be used; nothing was started. 3: complete except what tokens may not read.
"""

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

import duckdb
from account_marts import Marts, dbt_variables
from account_process import Processes
from command import EXIT_CODES, tell
from console import console
from failures import EXPECTED, meaning_of
from marts import file_of_dbt
from notify import read_notifications
from result import Result, worst

from clio_source.accounts import Account, read_accounts
from clio_source.destinations import duckdb_path
from clio_source.errors import ClioError, ConfigurationError


def main() -> int:
    options = _options()
    return console.guard(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    try:
        every = read_accounts(Path(options.file), to_load=not options.dbt_vars)
        accounts = _chosen(every, options)
        if options.dbt_vars:
            console.say(json.dumps(dbt_variables(accounts, file_of_dbt())))
            return 0
        _check_destinations(accounts)
    except ExceptionGroup as mistakes:
        for mistake in mistakes.exceptions:
            if isinstance(mistake, ClioError):
                console.fail(mistake)
        return 2
    if options.check:
        console.say(f"{options.file}: {len(accounts)} accounts are fine. Nothing was asked of Clio.")
        return 0
    marts = Marts(every, Path(options.marts)) if options.marts else None
    code, stopped = _load(accounts, options)
    if marts is None or stopped:
        return code
    console.say("\nBuilding the marts …")
    try:
        console.say(marts.build())
    except ClioError as error:
        console.fail(error)
        return 1
    return code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Loads many firms, side by side.", epilog=EXIT_CODES)
    parser.add_argument("file", metavar="accounts.toml", help="which firms, from where, into what")
    parser.add_argument("--jobs", type=_count, default=4, metavar="N", help="so many at once; %(default)s")
    parser.add_argument("--only", metavar="A,B", help="load only these accounts")
    parser.add_argument("--schedule", metavar="LABEL", help="load only accounts with this schedule")
    parser.add_argument("--full-refresh", action="store_true", help="drop what was loaded and read all anew")
    parser.add_argument("--check", action="store_true", help="check the file and the sign-ins; load nothing")
    parser.add_argument(
        "--marts", metavar="FILE", help="then build the marts over all accounts, in this DuckDB file"
    )
    parser.add_argument("--dbt-vars", action="store_true", help="print the variable for dbt; load nothing")
    return parser.parse_args()


def _check_destinations(accounts: Sequence[Account]) -> None:
    """Raises an ExceptionGroup where settings of a destination are missing; nothing is opened."""
    mistakes: list[ClioError] = []
    for account in {account.destination: account for account in accounts}.values():
        try:
            account.pipeline().sql_client()
        except EXPECTED as failure:
            mistakes.append(meaning_of(failure))
    if mistakes:
        raise ExceptionGroup("destinations", mistakes)


def _count(text: str) -> int:
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError("1 at least")
    return count


def _chosen(accounts: list[Account], options: argparse.Namespace) -> list[Account]:
    names = {name.strip() for name in (options.only or "").split(",") if name.strip()}
    if unknown := names - {account.name for account in accounts}:
        raise ConfigurationError(
            "Option --only",
            f"`{', '.join(sorted(unknown))}` is not an account.",
            f"{options.file} does not have it.",
            "Correct the name. Nothing was started.",
        )
    chosen = [
        account
        for account in accounts
        if (not names or account.name in names) and options.schedule in (None, account.schedule)
    ]
    if not chosen:
        raise ConfigurationError(
            "Options --only and --schedule",
            "no account is left.",
            "There is nothing to load.",
            f"Correct them, or the schedules in {options.file}.",
        )
    return chosen


def _load(accounts: Sequence[Account], options: argparse.Namespace) -> tuple[int, bool]:
    """Returns the exit code, and whether somebody stopped it."""
    told, began = read_notifications(), time.monotonic()
    _tell_of_waiting(accounts)
    processes = Processes({"full_refresh": options.full_refresh})
    results: list[Result] = []
    # Two that make the same schema and dlt's tables in it at the same moment fail in some warehouses.
    turns = {(account.place, account.dataset): threading.Lock() for account in accounts}

    def run(account: Account) -> Result:
        with turns[account.place, account.dataset]:
            return processes.run(account)

    with _stopped_by_signals(processes), ThreadPoolExecutor(options.jobs) as pool:
        for done in as_completed([pool.submit(run, account) for account in accounts]):
            result = done.result()
            results.append(result)
            console.say(f"{result.account}: {result.outcome}, {result.seconds:.1f} s")
    results.sort(key=lambda result: [account.name for account in accounts].index(result.account))
    console.show_results(results, time.monotonic() - began)
    tell(told, results)
    return worst(result.code for result in results), processes.stopping


def _tell_of_waiting(accounts: Sequence[Account]) -> None:
    """Says which DuckDB files are open elsewhere: for them the accounts wait, without another word."""
    for file in dict.fromkeys(duckdb_path(account.destination) for account in accounts):
        try:
            if file and file.exists():
                duckdb.connect(str(file)).close()
        except duckdb.IOException as failure:
            if "lock" in str(failure):
                console.say(f"{file} is open in another program. Waiting until that closes it …")


@contextmanager
def _stopped_by_signals(processes: Processes) -> Iterator[None]:
    before = {number: signal.signal(number, processes.stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
