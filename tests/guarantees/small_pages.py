"""A source with small pages and short pauses, so that a small firm makes many requests in little time.

As a program it loads a sandbox's firm from a process of its own::

    python -m tests.guarantees.small_pages URL TOKEN FOLDER API_VERSION activities,bills
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import dlt

from clio_sandbox import Sandbox
from clio_source import ClioSource, sync
from clio_source.auth import ClioCredentials, TokenAuth
from clio_source.client import ClioClient
from clio_source.collection import load_collections
from clio_source.receipt import Receipt
from clio_source.resources import Reader
from clio_source.throttle import Throttle

from ..conftest import Warehouse, truth
from ..source.reference import differences, expected_columns, expected_rows

API_VERSION = "4.0.13"
COLLECTIONS = load_collections()


def rounds(by_default: int) -> int:
    """How often a test that tries its luck tries it."""
    return int(os.environ.get("GUARANTEE_ROUNDS", by_default))


def thorough() -> bool:
    """True when there is time for long runs."""
    return "GUARANTEE_ROUNDS" in os.environ


def small_pages(
    url: str,
    credentials: ClioCredentials,
    names: Iterable[str],
    *,
    page: int = 25,
    pause_seconds: float = 0.005,
    rate_share: float = 1.0,
    api_version: str = API_VERSION,
) -> ClioSource:
    """Returns a source of some collections that asks for so many records a page."""
    client = ClioClient(url, TokenAuth(credentials, url), api_version, Throttle(rate_share), pause_seconds)
    collections = {name: replace(COLLECTIONS[name], limit=page) for name in names}
    return ClioSource.from_data(dlt.Schema("clio"), "clio", Reader(client, collections, None))


def load(warehouse: Warehouse, source: ClioSource, checkpoint_pages: int | None = None) -> dict[str, Receipt]:
    """Runs the source to its end; returns the receipts by collection."""
    receipts = sync(warehouse.pipeline(), source, checkpoint_pages=checkpoint_pages)
    return {receipt.collection: receipt for receipt in receipts}


def wrong_tables(clio: Sandbox, warehouse: Warehouse, names: Iterable[str]) -> dict[str, list[str]]:
    """Returns in what the tables of some collections differ from what the sandbox shows now."""
    loaded, found = warehouse.tables(), {}
    for name in names:
        columns = expected_columns(COLLECTIONS[name])
        for table, rows in expected_rows(COLLECTIONS[name], truth(clio, COLLECTIONS[name])).items():
            if told := differences(loaded.get(table, []), rows, columns[table]):
                found[table] = told
    return found


def token_of(clio: Sandbox) -> ClioCredentials:
    """Returns credentials that cannot be renewed."""
    return ClioCredentials(access_token=clio.token)


def renewable(clio: Sandbox) -> ClioCredentials:
    """Returns credentials that can be renewed."""
    return ClioCredentials(
        access_token=clio.token,
        client_id=clio.client_id,
        client_secret=clio.client_secret,
        refresh_token=clio.refresh_token,
    )


if __name__ == "__main__":
    url, token, folder, version, chosen = sys.argv[1:]
    source = small_pages(
        url, ClioCredentials(access_token=token), chosen.split(","), page=10, api_version=version
    )
    done = load(Warehouse(Path(folder)), source)
    sys.exit(0 if {receipt.outcome for receipt in done.values()} == {"complete"} else 1)
