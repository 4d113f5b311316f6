"""Faults go over the wire as they would in life, and only where they were ordered."""

import time

import pytest
import requests

from clio_sandbox import Fault, Sandbox

from .conftest import Client, error

STATUS = {"429": 429, "500": 500, "502": 502, "503": 503, "504": 504, "unauthorized": 401, "forbidden": 403}


@pytest.mark.parametrize(("kind", "status"), [*STATUS.items(), ("gone", 410)])
def test_a_status_is_answered_once(kind: str, status: int, clio: Sandbox, client: Client) -> None:
    clio.control.fault(Fault(kind, "bills", count=1))  # type: ignore[arg-type]
    reply = client.get("bills")
    assert error(reply)[0] == status
    assert ("Retry-After" in reply.headers) == (status == 429)
    assert client.get("bills").status_code == 200


@pytest.mark.parametrize("at", ["start", "body"])
def test_a_reset_is_a_reset(at: str, clio: Sandbox, client: Client) -> None:
    clio.control.fault(Fault("reset", count=1, at=at))  # type: ignore[arg-type]
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get("bills")
    assert client.get("bills").status_code == 200


def test_a_short_body_breaks_its_promise(clio: Sandbox, client: Client) -> None:
    clio.control.fault(Fault("short_body", count=1))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        client.get("bills")


def test_a_truncated_body_keeps_its_length_and_breaks_its_json(clio: Sandbox, client: Client) -> None:
    clio.control.fault(Fault("truncated", count=1))
    reply = client.get("bills")
    assert reply.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        reply.json()
    clio.control.fault(Fault("empty_body", count=1))
    assert client.get("bills").content == b""


def test_a_slow_answer_is_slow_and_right(clio: Sandbox, client: Client) -> None:
    clio.control.fault(Fault("slow", seconds=0.3, count=1))
    begun = time.monotonic()
    assert len(client.get("bills").json()["data"]) > 0
    assert time.monotonic() - begun >= 0.3


@pytest.mark.parametrize("status", [200, 403])
def test_html_instead_of_json(status: int, clio: Sandbox, client: Client) -> None:
    clio.control.fault(Fault("html", status=status, count=1))
    reply = client.get("bills")
    assert (reply.status_code, reply.headers["Content-Type"]) == (status, "text/html; charset=utf-8")


def test_links_and_envelopes_that_mislead(clio: Sandbox, client: Client) -> None:
    asked = {"limit": "50", "order": "id(asc)"}
    true = client.get("bills", **asked).json()
    clio.control.fault(Fault("missing_data", "bills", count=1))
    assert "data" not in client.get("bills", **asked).json()
    clio.control.fault(Fault("repeat_next", "bills", count=1))
    reply = client.get("bills", **asked)
    assert reply.json()["meta"]["paging"]["next"] == reply.url
    clio.control.fault(Fault("foreign_next", "bills", count=1, host="http://127.0.0.1:9"))
    assert (
        client.get("bills", **asked)
        .json()["meta"]["paging"]["next"]
        .startswith("http://127.0.0.1:9/api/v4/bills")
    )
    clio.control.fault(Fault("offset_next", "bills", count=1))
    link = client.get("bills", **asked).json()["meta"]["paging"]["next"]
    assert "offset=50" in link
    assert client.get(link).json()["data"] == client.get(true["meta"]["paging"]["next"]).json()["data"]


def test_an_empty_page_still_leads_to_its_rows(clio: Sandbox, client: Client) -> None:
    true = client.rows("bills", limit="50")
    for page in (1, 2):
        fault = clio.control.fault(Fault("empty_page_with_next", "bills", page=page, count=1))
        pages = list(client.pages("bills", limit="50"))
        assert fault.fired == 1
        assert pages[page - 1] == []
        assert [row for rows in pages for row in rows] == true


def test_a_field_that_clio_dropped_is_refused_where_it_is_named(clio: Sandbox, client: Client) -> None:
    clio.control.fault(Fault("bad_field", "bills", field="memo"))
    clio.control.fault(Fault("bad_field", "bills", field="client.name"))
    assert error(client.get("bills", fields="id,memo"))[::2] == (400, "memo is not a valid field")
    assert error(client.get("bills", fields="client{id,name}"))[0] == 400
    assert client.get("bills", fields="id,subject,client{id}").status_code == 200
    clio.control.clear_faults()
    assert client.get("bills", fields="id,memo").status_code == 200


def test_faults_keep_to_their_collection_page_and_number(clio: Sandbox, client: Client) -> None:
    clio.control.fault(Fault("500", "matter*", nth=2))
    assert [client.get(p).status_code for p in ("bills", "matters", "matter_stages", "matters")] == [
        200,
        200,
        500,
        200,
    ]
    clio.control.clear_faults()
    clio.control.fault(Fault("502", "bills", page=2, count=1))
    link = client.get("bills", limit="50").json()["meta"]["paging"]["next"]
    assert [client.get(link).status_code for _ in range(2)] == [502, 200]


def test_chance_is_seeded(clio: Sandbox, client: Client) -> None:
    def run() -> list[int]:
        clio.control.clear_faults()
        clio.control.fault(Fault("503", probability=0.4, seed=7))
        return [client.get("users/who_am_i").status_code for _ in range(20)]

    first = run()
    assert first == run()
    assert 2 < first.count(503) < 16


def test_the_token_endpoint_can_fail_too(clio: Sandbox, client: Client) -> None:
    clio.control.fault(Fault("503", "oauth/token", count=1))
    assert client.post("/oauth/token", {}).status_code == 503


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed are 429, 500"):
        Fault("earthquake")  # type: ignore[arg-type]
