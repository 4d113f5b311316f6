"""One account's run in a process of its own: dlt's state, the throttle and the memory are its alone."""

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import dlt
from failures import EXPECTED, code_of, keep_dlt_quiet, meaning_of
from result import Result, failed, result_of

from clio_source import sync
from clio_source.accounts import Account
from clio_source.errors import ClioError

# A DuckDB file has one writer. Accounts that share one read side by side, and load in turns.
_WAIT_FOR_FILE = "sources.clio.wait_for_file_seconds"
_WAIT_SECONDS = 3_600.0


class Processes:
    """Starts an account's process and waits for its result; from any thread."""

    def __init__(self, options: Mapping[str, bool]) -> None:
        # A fork of a process with threads may hang; that of a server that has only loaded modules does not.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__, "clio_source"])
        self._options = dict(options)
        self._running: set[BaseProcess] = set()
        self._lock = threading.Lock()
        self.stopping = False

    def run(self, account: Account) -> Result:
        """Returns what came of the account's run, also when its process was killed."""
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_work, args=(account, self._options, sender))
        began = time.monotonic()
        with self._lock:
            if self.stopping:
                return failed(account.name, 0.0, _stopped(account, "it was not begun"), 1)
            self._running.add(process)
            process.start()
        sender.close()
        try:
            result: Result = receiver.recv()
        except EOFError:
            process.join()
            came = f"its process ended with {process.exitcode}"
            result = failed(account.name, time.monotonic() - began, _stopped(account, came), 1)
        process.join()
        with self._lock:
            self._running.discard(process)
        return result

    def stop(self, *_: object) -> None:
        """Has every process stop at the next page, and begins no more; as a signal handler too."""
        self.stopping = True
        for process in list(self._running):
            if process.pid:
                process.terminate()


def _work(account: Account, options: Mapping[str, bool], sender: Connection) -> None:
    os.setpgid(0, 0)  # Ctrl-C reaches the parent alone, which sends SIGTERM: two signals would end it at once
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    logging.getLogger("clio_source").addHandler(logging.NullHandler())  # the result tells it, by account
    sender.send(load(account, options))
    sender.close()


def load(account: Account, options: Mapping[str, bool]) -> Result:
    """Loads one account in this process; what goes wrong stands in the result."""
    began = time.monotonic()
    try:
        keep_dlt_quiet()
        if dlt.config.get(_WAIT_FOR_FILE) is None:
            dlt.config[_WAIT_FOR_FILE] = _WAIT_SECONDS
        receipts = sync(
            account.pipeline(),
            account.source(),
            deletions=account.deletions,
            full_refresh=options.get("full_refresh", False),
        )
    except EXPECTED as failure:
        error = meaning_of(failure)
        return failed(account.name, time.monotonic() - began, error, code_of(error))
    return result_of(account.name, time.monotonic() - began, receipts)


def _stopped(account: Account, came: str) -> ClioError:
    return ClioError(
        f"Account {account.name}",
        f"{came}.",
        "It was stopped, or the machine has no memory left.",
        "What is loaded stays; the next run goes on from there.",
    )
