"""Whatever goes wrong on the way: the tables equal the firm, or the run says what is missing and the next
one completes.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import get_args

import pytest

from clio_sandbox import Exchange, Fault, Sandbox
from clio_sandbox.faults import FaultKind
from clio_sandbox.server import ServerThread
from clio_source.auth import ClioCredentials
from clio_source.errors import AuthenticationError, ClioError
from clio_source.receipt import Receipt

from ..conftest import Row, Warehouse
from .small_pages import COLLECTIONS, load, renewable, rounds, small_pages, token_of, wrong_tables

NAMES = ("activities", "bills", "notes", "users", "billable_matters")
TWO = ("bills", "bank_transactions")
SHARE = 0.15
# One that drops a field is a rule, not an answer: it is made and taken back by hand.
KINDS = [kind for kind in get_args(FaultKind) if kind != "bad_field"]
SPOILED_FIELDS = {"activities": "note", "bills": "memo", "notes": "detail", "users": "phone_number"}


class Mortal(Sandbox):
    """A Clio whose host goes away and comes back, with all that it knows."""

    def vanish(self, seconds: float) -> threading.Thread:
        """Lets nobody in for some seconds, from now on; returns the thread that waits for the end."""
        thread = threading.Thread(target=self._be_away, args=(seconds,))
        thread.start()
        return thread

    def _be_away(self, seconds: float) -> None:
        port = int(self.url.rpartition(":")[2])
        self._server.stop()
        time.sleep(seconds)
        self._server = ServerThread("127.0.0.1", port)
        self._server.start(self._application)


@pytest.fixture(scope="module")
def running() -> Iterator[Mortal]:
    with Mortal("small") as sandbox:
        yield sandbox


@pytest.fixture
def clio(running: Mortal) -> Iterator[Mortal]:
    """A firm as it was at first, with tokens of its own."""
    running.control.reset()
    running.control.forget_requests()
    running.token, running.refresh_token = running.control.issue_token(), running.refresh_token
    yield running
    running.control.reset()


def at_request(clio: Sandbox, collection: str, nth: int, change: Callable[[], object]) -> None:
    """Makes a change right before the n-th request of a collection from now is answered, once."""
    seen = 0

    def look(exchange: Exchange) -> None:
        nonlocal seen
        seen += exchange.collection == collection
        if seen == nth:
            seen += 1
            change()

    clio.control.on_request(look)


def asked(clio: Sandbox, collection: str) -> list[Exchange]:
    return [e for e in clio.control.requests(collection) if e.parameters.get("fields") != "id"]


def outcomes(receipts: dict[str, Receipt]) -> dict[str, str]:
    return {name: receipt.outcome for name, receipt in receipts.items()}


def continues(exchange: Exchange) -> bool:
    return "page_token" in exchange.parameters


# Everything at once


@pytest.mark.parametrize("seed", range(rounds(1)))
def test_any_mix_of_faults_loses_nothing(seed: int, clio: Mortal, warehouse: Warehouse) -> None:
    """First with faults; what then calls itself complete is. Then without, and all is."""
    counted = put_in_force(clio, seed)
    receipts: dict[str, Receipt] = {}
    with suppress(ClioError):  # Clio could not even be signed in to
        receipts = load(warehouse, small_pages(clio.url, renewable(clio), NAMES), checkpoint_pages=10)
    fired = {fault.kind: fault.fired for fault in counted if fault.fired}
    clio.control.clear()
    print(fired, outcomes(receipts))
    complete = [name for name, receipt in receipts.items() if receipt.outcome == "complete"]
    assert wrong_tables(clio, warehouse, complete) == {}
    for name, receipt in receipts.items():
        assert receipt.outcome in ("complete", "incomplete", "failed", "forbidden")
        assert (receipt.outcome == "complete") == (receipt.why == ""), name
    receipts = load(warehouse, small_pages(clio.url, renewable(clio), NAMES))
    assert set(outcomes(receipts).values()) == {"complete"}
    assert wrong_tables(clio, warehouse, NAMES) == {}


def put_in_force(clio: Sandbox, seed: int) -> list[Fault]:
    """Lets every answer go wrong with the same chance, in any of all ways."""
    chance = SHARE / (len(KINDS) + 1)
    faults = [
        Fault(kind, probability=chance, seed=seed * 100 + n, seconds=0.05, retry_after=0)
        for n, kind in enumerate(KINDS)
    ]
    for fault in faults:
        fault.at = "body" if seed % 2 else "start"
        fault.status = 403 if seed % 3 else 200
        clio.control.fault(fault)
    chooser = random.Random(seed)

    def drop_a_field(exchange: Exchange) -> None:
        rules = [rule for rule in clio.control.faults() if rule.kind != "bad_field"]
        clio.control.clear_faults()
        for rule in rules:
            clio.control.fault(rule)
        if exchange.collection in SPOILED_FIELDS and chooser.random() < chance:
            field = SPOILED_FIELDS[exchange.collection]
            clio.control.fault(Fault("bad_field", exchange.collection, field=field))

    clio.control.on_request(drop_a_field)
    return faults


# Signing in


def test_a_token_that_ends_in_mid_run_is_renewed_once_for_all(clio: Mortal, warehouse: Warehouse) -> None:
    at_request(clio, "bills", 3, clio.control.expire_access_tokens)
    receipts = load(warehouse, small_pages(clio.url, renewable(clio), TWO))
    assert set(outcomes(receipts).values()) == {"complete"}
    assert [e.status for e in clio.control.requests("oauth/token")] == [200]
    assert wrong_tables(clio, warehouse, TWO) == {}


def test_a_consent_that_is_revoked_stops_the_run_and_a_new_one_goes_on(
    clio: Mortal, warehouse: Warehouse
) -> None:
    at_request(clio, "bills", 4, clio.control.revoke_access)
    receipts = load(warehouse, small_pages(clio.url, renewable(clio), TWO), checkpoint_pages=2)
    why = receipts["bills"].why
    assert isinstance(receipts["bills"].error, AuthenticationError)
    assert "refused the refresh token: invalid_grant." in why
    assert "authorise the app anew" in why
    clio.control.forget_requests()
    with pytest.raises(AuthenticationError):
        load(warehouse, small_pages(clio.url, renewable(clio), TWO))
    assert clio.control.requests("bills") == []
    again = ClioCredentials(access_token=clio.control.issue_token())
    receipts = load(warehouse, small_pages(clio.url, again, TWO))
    assert set(outcomes(receipts).values()) == {"complete"}
    assert continues(asked(clio, "bills")[0])
    assert wrong_tables(clio, warehouse, TWO) == {}
