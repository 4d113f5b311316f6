"""Whatever goes wrong on the way: the tables equal the firm, or the run says what is missing and the next
one completes.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from clio_sandbox import Exchange, Fault
from clio_source import ClioSource
from clio_source.errors import AuthenticationError, ClioError
from clio_source.receipt import Receipt

from ..conftest import Warehouse, truth
from .disturb import at_request, put_in_force
from .mortal import Mortal
from .search import found, of_files, of_warehouse
from .small_pages import COLLECTIONS, load, renewable, rounds, small_pages, thorough, token_of, wrong_tables

NAMES = ("activities", "bills", "notes", "users", "billable_matters")
ONE = "bank_transactions"  # ten pages
TWO = (ONE, "users")
WITH_PARENTS = ("contacts", "documents")
PAGE = 25

at_length = pytest.mark.skipif(not thorough(), reason="only with GUARANTEE_ROUNDS: two whole runs more")


@pytest.fixture(scope="module")
def running() -> Iterator[Mortal]:
    sandbox = Mortal()
    with sandbox:
        yield sandbox


@pytest.fixture
def clio(running: Mortal) -> Iterator[Mortal]:
    """A firm as it was at first, with tokens of its own."""
    running.control.reset()
    running.control.forget_requests()
    running.consent_anew()
    yield running
    running.control.reset()


@pytest.fixture(autouse=True)
def _no_secret_is_told_or_kept(
    clio: Mortal, warehouse: Warehouse, told: list[str], capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """Whatever goes wrong here is searched for secrets, too."""
    yield
    said = capfd.readouterr()
    assert told, "loggers say something at DEBUG"
    assert found(clio.secrets, *told, said.out, said.err) == []
    assert found(clio.secrets, *of_files(warehouse.file.parent), *of_warehouse(warehouse.file)) == []


def outcomes(receipts: dict[str, Receipt]) -> dict[str, str]:
    return {name: receipt.outcome for name, receipt in receipts.items()}


def continues(exchange: Exchange) -> bool:
    return "page_token" in exchange.parameters


# Everything at once


@pytest.mark.parametrize("seed", range(rounds(1)))
def test_any_mix_of_faults_loses_nothing(
    seed: int, clio: Mortal, warehouse: Warehouse, record_property: Callable[[str, object], None]
) -> None:
    """First with faults; what then calls itself complete is. Then without, and all is."""
    counted = put_in_force(clio, seed)
    receipts: dict[str, Receipt] = {}
    with suppress(ClioError):  # Clio could not even be signed in to
        receipts = load(warehouse, small_pages(clio.url, renewable(clio), NAMES), checkpoint_pages=10)
    fired = {fault.kind: fault.fired for fault in counted if fault.fired}
    clio.control.clear()
    record_property("faults", f"{fired}, then {outcomes(receipts)}")
    complete = [name for name, receipt in receipts.items() if receipt.outcome == "complete"]
    assert wrong_tables(clio, warehouse, complete) == {}
    for name, receipt in receipts.items():
        assert receipt.outcome in ("complete", "incomplete", "failed", "forbidden")
        assert (receipt.outcome == "complete") == (receipt.why == ""), name
    receipts = load(warehouse, small_pages(clio.url, renewable(clio), NAMES))
    assert set(outcomes(receipts).values()) == {"complete"}
    assert wrong_tables(clio, warehouse, NAMES) == {}


# Signing in


def test_a_token_that_ends_in_mid_run_is_renewed_once_for_all(clio: Mortal, warehouse: Warehouse) -> None:
    at_request(clio, ONE, 3, clio.control.expire_access_tokens)
    receipts = load(warehouse, small_pages(clio.url, renewable(clio), TWO))
    assert set(outcomes(receipts).values()) == {"complete"}
    assert [e.status for e in clio.control.requests("oauth/token")] == [200]
    assert wrong_tables(clio, warehouse, TWO) == {}


@at_length
def test_a_consent_that_is_revoked_stops_the_run_and_a_new_one_goes_on(
    clio: Mortal, warehouse: Warehouse
) -> None:
    at_request(clio, ONE, 4, clio.control.revoke_access)
    receipts = load(warehouse, small_pages(clio.url, renewable(clio), TWO), checkpoint_pages=2)
    assert isinstance(receipts[ONE].error, AuthenticationError)
    assert "refused the refresh token: invalid_grant." in receipts[ONE].why
    assert "authorise the app anew" in receipts[ONE].why
    with pytest.raises(AuthenticationError):
        load(warehouse, small_pages(clio.url, renewable(clio), TWO))
    clio.consent_anew()
    assert_it_goes_on(clio, warehouse, small_pages(clio.url, token_of(clio), TWO))


# What stops a run, and lets the next go on where it stood


def assert_it_goes_on(clio: Mortal, warehouse: Warehouse, source: ClioSource) -> None:
    """Checks that the one is read on from the page that was not read, and that all is complete: what
    changed meanwhile, too."""
    pages = math.ceil(len(clio.truth(ONE, "id")) / PAGE)
    before = [e for e in clio.control.requests(ONE) if e.status == 200 and not e.fault]
    clio.control.forget_requests()
    clio.control.pass_time(600)
    for record_id in list(clio.firm.records[ONE])[:2]:  # of a page that was read
        clio.control.edit(ONE, record_id, {})
    receipts = load(warehouse, source)
    assert set(outcomes(receipts).values()) == {"complete"}
    *asked, last = clio.control.requests(ONE)
    assert 0 < len(before) < pages == len(before) + len(asked)
    assert all(continues(exchange) for exchange in asked)
    assert "updated_since" in last.parameters, "what changed since the stopped run began"
    assert wrong_tables(clio, warehouse, TWO) == {}


@at_length
def test_a_host_that_is_gone_for_a_moment_is_waited_for(clio: Mortal, warehouse: Warehouse) -> None:
    at_request(clio, ONE, 3, lambda: clio.vanish(1))
    receipts = load(warehouse, small_pages(clio.url, token_of(clio), TWO, pause_seconds=0.05))
    clio.wait_until_back()
    assert set(outcomes(receipts).values()) == {"complete"}
    assert sum(receipt.retries for receipt in receipts.values()) > 0
    assert wrong_tables(clio, warehouse, TWO) == {}


@at_length
def test_a_host_that_stays_away_is_named_and_the_next_run_goes_on(clio: Mortal, warehouse: Warehouse) -> None:
    at_request(clio, ONE, 4, lambda: clio.vanish(8))
    receipts = load(warehouse, small_pages(clio.url, token_of(clio), TWO, pause_seconds=0.001))
    clio.wait_until_back()
    assert receipts[ONE].outcome == "failed"
    assert f"no answer came from {clio.url}" in receipts[ONE].why
    assert_it_goes_on(clio, warehouse, small_pages(clio.url, token_of(clio), TWO))


def test_a_permission_that_is_lost_is_told_by_name_and_read_on_when_it_is_back(
    clio: Mortal, warehouse: Warehouse
) -> None:
    at_request(clio, ONE, 4, lambda: clio.control.deny("Accounting"))
    receipts = load(warehouse, small_pages(clio.url, token_of(clio), TWO))
    assert outcomes(receipts) == {ONE: "forbidden", "users": "complete"}
    assert receipts[ONE].why.startswith(f"{ONE}, page 4: Clio answered 403 Forbidden. ")
    assert len(warehouse.rows(ONE)) == 3 * PAGE
    assert {row["collection"]: row["outcome"] for row in warehouse.rows("clio_sync_log")} == outcomes(
        receipts
    )
    clio.control.grant("Accounting")
    assert_it_goes_on(clio, warehouse, small_pages(clio.url, token_of(clio), TWO))


@at_length
def test_a_version_that_is_retired_stops_all_and_another_goes_on(clio: Mortal, warehouse: Warehouse) -> None:
    at_request(clio, ONE, 4, lambda: clio.control.retire_version("4.0.13"))
    receipts = load(warehouse, small_pages(clio.url, token_of(clio), TWO))
    assert receipts[ONE].outcome == "failed"
    assert "410 Gone to X-API-VERSION 4.0.13." in receipts[ONE].why
    assert "Set sources.clio.api_version" in receipts[ONE].why
    assert clio.control.requests()[-1].status == 410
    assert_it_goes_on(clio, warehouse, small_pages(clio.url, token_of(clio), TWO, api_version="4.0.12"))


# What stops nothing


def test_page_tokens_that_run_out_start_that_sweep_over_and_no_other(
    clio: Mortal, warehouse: Warehouse
) -> None:
    names = (ONE, "users", "currencies")  # the others fit one page
    at_request(clio, ONE, 5, clio.control.expire_page_tokens)
    receipts = load(warehouse, small_pages(clio.url, token_of(clio), names))
    pages = math.ceil(len(clio.truth(ONE, "id")) / PAGE)
    assert set(outcomes(receipts).values()) == {"complete"}
    assert [e.status for e in clio.control.requests(ONE)] == [200] * 4 + [422] + [200] * pages
    for one in ("users", "currencies", "users/who_am_i"):
        assert len(clio.control.requests(one)) == 1
    assert wrong_tables(clio, warehouse, names) == {}


IN_MID_LIST = {
    "notes": 15 + 3,  # in its second list
    "contacts_email_addresses": 20,  # a list per contact, merged by record
    "documents_versions": 20,  # a list per document, merged by document
    "clio_payments_links": 30,  # read whole
}


@pytest.fixture(params=IN_MID_LIST)
def name(request: pytest.FixtureRequest, clio: Mortal) -> str:
    """A collection with many pages, one of them about to be asked for the first time."""
    links = clio.firm.records["clio_payments/links"]
    for _ in range(30):
        clio.control.insert("clio_payments/links", {**next(iter(links.values())), "id": int(max(links)) + 1})
    return str(request.param)


def test_page_tokens_that_run_out_in_a_later_list_lose_and_double_nothing(
    name: str, clio: Mortal, warehouse: Warehouse
) -> None:
    at_request(clio, COLLECTIONS[name].path, IN_MID_LIST[name], clio.control.expire_page_tokens)
    source = small_pages(clio.url, token_of(clio), (name, *WITH_PARENTS), page=1).with_resources(name)
    receipts = load(warehouse, source)
    assert receipts[name].outcome == "complete", receipts[name].why
    assert 422 in [exchange.status for exchange in clio.control.requests()]
    assert wrong_tables(clio, warehouse, (name,)) == {}


def test_a_field_that_is_refused_in_mid_list_loses_and_doubles_nothing(
    name: str, clio: Mortal, warehouse: Warehouse
) -> None:
    collection = COLLECTIONS[name]
    spoil = Fault("bad_field", collection.path, field="created_at")
    at_request(clio, collection.path, IN_MID_LIST[name], lambda: clio.control.fault(spoil))
    source = small_pages(clio.url, token_of(clio), (name, *WITH_PARENTS), page=1).with_resources(name)
    assert load(warehouse, source)[name].dropped == ["created_at"]
    clio.control.clear_faults()
    ids = sorted(row["id"] for row in warehouse.rows(name))
    assert ids == sorted(row["id"] for row in truth(clio, collection))
    source = small_pages(clio.url, token_of(clio), (name, *WITH_PARENTS)).with_resources(name)
    assert outcomes(load(warehouse, source)) == {name: "complete"}
    assert wrong_tables(clio, warehouse, (name,)) == {}


def test_a_field_that_clio_no_longer_gives_is_dropped_alone_and_filled_later(
    clio: Mortal, warehouse: Warehouse
) -> None:
    names = ("bills", "currencies")
    load(warehouse, small_pages(clio.url, token_of(clio), names))
    before = {row["id"]: row for row in warehouse.rows("bills")}
    lines = len(warehouse.rows("bills__matters"))
    edited = list(before)[:40]
    clio.control.pass_time(3_600)
    for bill in edited:
        clio.control.edit("bills", bill, {"memo": "new memo", "subject": "new subject"})
    for field in ("memo", "matters.display_number"):
        clio.control.fault(Fault("bad_field", "bills", field=field))
    receipts = load(warehouse, small_pages(clio.url, token_of(clio), names))
    assert outcomes(receipts) == {"bills": "incomplete", "currencies": "complete"}
    assert sorted(receipts["bills"].dropped) == ["matters.display_number", "memo"]
    assert "named the field" in receipts["bills"].why
    after = {row["id"]: row for row in warehouse.rows("bills")}
    assert {after[bill]["subject"] for bill in edited} == {"new subject"}
    assert {bill: after[bill]["memo"] for bill in after} == {bill: before[bill]["memo"] for bill in before}
    nested = warehouse.rows("bills__matters")
    assert len(nested) == lines
    assert all(row["display_number"] for row in nested)
    clio.control.clear_faults()
    receipts = load(warehouse, small_pages(clio.url, token_of(clio), names))
    assert set(outcomes(receipts).values()) == {"complete"}
    assert wrong_tables(clio, warehouse, names) == {}
