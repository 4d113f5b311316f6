"""Every way in which an answer goes wrong: asked for again or refused in plain words, and nothing given away.

The client talks to the sandbox with its faults, and to a tiny server that answers whatever a test wants.
"""

import socket
import time
from typing import Any

import pytest

from clio_sandbox import Fault, Sandbox
from clio_sandbox.faults import FaultKind
from clio_source.auth import ClioCredentials, TokenAuth
from clio_source.client import ClioClient
from clio_source.errors import (
    AuthenticationError,
    ClioError,
    FirewallError,
    ForbiddenError,
    PagingError,
    RequestRefusedError,
    StoppedError,
    UnavailableError,
    VersionGoneError,
)
from clio_source.throttle import Throttle

from .answers import (
    ATTEMPTS,
    FIRST_ATTEMPTS,
    KEPT,
    PRIVILEGED,
    TOKEN,
    Answer,
    Server,
    asked,
    client_of,
    read,
    refused,
)

pytestmark = pytest.mark.usefixtures("discreet_logs")


def test_a_request_says_who_asks_and_in_which_version(server: Server) -> None:
    client = client_of(server)
    page = read(client)
    assert (page.body, page.next, page.retries) == (Answer().body, None, 0)
    [received] = server.received
    assert received.startswith(
        "GET /api/v4/bills.json?fields=id,total&limit=2&updated_since=2026-06-30T00:00:00Z "
    )
    for header in ("X-API-VERSION: 4.0.13", "Accept-Encoding: gzip", f"Authorization: Bearer {TOKEN}"):
        assert f"{header}\n" in received
    assert "User-Agent: clio-source/1.0\n" in received


def test_the_user_behind_the_token_is_known_or_not_for_us_to_know(clio: Sandbox) -> None:
    assert client_of(clio).read_user_id() == clio.firm.whoami_id
    clio.control.fault(Fault("forbidden", "users/who_am_i"))
    assert client_of(clio).read_user_id() is None


AT_ONCE: tuple[FaultKind, ...] = ("429", "500", "502", "503", "504", "reset", "truncated")
CUT_SHORT: tuple[FaultKind, ...] = ("short_body", "empty_body", "missing_data")
PASSING = [
    *(Fault(kind, retry_after=0) for kind in AT_ONCE),
    *(Fault(kind) for kind in CUT_SHORT),
    *(
        Fault("reset", at="body"),
        Fault("html", status=200),
        Fault("html", status=403),
        Fault("html", status=503),
    ),
]


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault.kind}-{fault.at}-{fault.status}")
def test_what_passes_is_asked_for_again(fault: Fault, clio: Sandbox) -> None:
    client = client_of(clio)
    client.read_user_id()
    fault.count, fault.fired, fault.collection = 2, 0, "bills"
    clio.control.fault(fault)
    page = read(client)
    assert page.retries == 2
    assert len(asked(clio)) == 3
    assert page.next
    assert client.read_page(page.next, "bills, page 2").retries == 0


@pytest.mark.parametrize(
    ("kind", "phrase"),
    [
        ("429", "Clio answered 429 Too Many Requests, several times over."),
        ("503", "Clio answered 503 Service Unavailable, several times over."),
        ("reset", "(ConnectionError). The network is down, the address is wrong, or Clio is."),
        ("short_body", "(ChunkedEncodingError). The network is down"),
        ("truncated", "bytes is not the JSON that was due. Something cut it off on the way"),
        ("empty_body", "the reply of 0 bytes is not the JSON that was due."),
        ("missing_data", "is not the JSON that was due."),
    ],
)
def test_what_stays_is_given_up_in_plain_words(kind: Any, phrase: str, clio: Sandbox) -> None:
    """Soon when nothing was ever answered, as the address may be wrong; later, after some minutes."""
    clio.control.fault(Fault(kind, "bills", retry_after=0))
    client = client_of(clio)
    refused(client, UnavailableError, "bills, page 1: ", phrase, KEPT)
    assert len(asked(clio)) == FIRST_ATTEMPTS
    if kind == "429":  # each of them holds all for a moment
        return
    client.read_user_id()
    refused(client, UnavailableError, phrase)
    assert len(asked(clio)) == FIRST_ATTEMPTS + ATTEMPTS


@pytest.mark.parametrize(
    ("fault", "kind", "phrases"),
    [
        (
            Fault("html", status=200),
            FirewallError,
            ["answered 200 with a page of HTML; JSON was due.", "firewall"],
        ),
        (
            Fault("html", status=403),
            FirewallError,
            ["answered 403 with a page of HTML", "sources.clio.region"],
        ),
        (Fault("forbidden"), ForbiddenError, ["Clio answered 403 Forbidden.", "--exclude"]),
        (Fault("gone"), VersionGoneError, ["410 Gone to X-API-VERSION 4.0.13", "sources.clio.api_version"]),
        (
            Fault("unauthorized"),
            AuthenticationError,
            ["401 Unauthorized and there is no refresh token", "region"],
        ),
        (
            Fault("bad_field", field="total"),
            RequestRefusedError,
            ["Clio answered 400 Bad Request.", "clio_source.spec"],
        ),
        (
            Fault("foreign_next"),
            PagingError,
            ["leads to another host than 127.0.0.1", "give the access token away"],
        ),
        (Fault("offset_next"), PagingError, ["the next link counts with an offset.", "10,000 records"]),
    ],
    ids=lambda case: getattr(case, "kind", ""),
)
def test_what_no_repeat_mends_is_refused_at_once(
    fault: Fault, kind: type[ClioError], phrases: list[str], clio: Sandbox
) -> None:
    clio.control.fault(fault)
    error = refused(client_of(clio), kind, *phrases, KEPT)
    assert len(asked(clio)) == 1
    if isinstance(error, RequestRefusedError):
        assert (error.status, error.reason) == (400, "total is not a valid field")


@pytest.mark.parametrize("status", [404, 418, 422])
def test_other_refusals_keep_the_body_to_themselves(status: int, server: Server) -> None:
    server.answers = [Answer(status, f'{{"note": "{PRIVILEGED}"}}'.encode())]
    error = refused(client_of(server), RequestRefusedError, f"Clio answered {status} ")
    assert isinstance(error, RequestRefusedError)
    assert (error.status, error.reason, len(server.received)) == (status, "", 1)


@pytest.mark.parametrize(
    "body",
    [
        f'{{"data":[{{"id":1,"name":"{PRIVILEGED}"',
        f'{{"data":[{{"id":1,"name":"{PRIVILEGED}"}}],"meta":{{"paging":{{"next":"http',
        f'{{"data":{{"name":"{PRIVILEGED}"}},"meta":{{}}}}',
        f'{{"data":null,"name":"{PRIVILEGED}"}}',
        f'["{PRIVILEGED}"]',
        f'"{PRIVILEGED}"',
        f'{{"data":[],"meta":{{"paging":{{"next":{{"name":"{PRIVILEGED}"}}}}}}}}',
    ],
)
def test_json_that_is_no_page_is_not_taken_for_one(body: str, server: Server) -> None:
    server.answers = [Answer(body=body.encode())]
    refused(
        client_of(server), UnavailableError, f"the reply of {len(body)} bytes is not the JSON that was due."
    )
    assert len(server.received) == FIRST_ATTEMPTS


@pytest.mark.parametrize(
    "body",
    [
        '{"meta":{"paging":{"next":"%s/n?page_token=2"}},"data":[{"id":1}]}',
        '{ "data" : [\n{"meta":{"paging":{"next":"no"}}}] ,\n"meta":{"paging":{"next":"%s/n?page_token=2"}}}',
        '{"data":[{"name":"],\\"meta\\":{}}"}],"meta":{"paging":{"previous":"x","next":"%s/n?page_token=2"}}}',
    ],
)
def test_the_next_link_is_found_in_any_shape_of_a_page(body: str, server: Server) -> None:
    server.answers = [Answer(body=(body % server.url).encode())]
    assert read(client_of(server)).next == "/n?page_token=2"


@pytest.mark.parametrize(
    "link",
    [
        "{elsewhere}/api/v4/bills.json?page_token=2",
        "https://127.0.0.1:{port}/api/v4/bills.json",
        "//127.0.0.1:1/api/v4/bills.json",
        "http://firm@127.0.0.1:{port}/api/v4/bills.json",
        "http://127.0.0.1:{port}@localhost:1/api/v4/bills.json",
        "http://127.0.0.1:{port}.example/api/v4/bills.json",
        "http://127.0.0.1:{port}\\\\@localhost:1/",  # pragma: allowlist secret
    ],
)
def test_no_link_leads_away_from_clio(link: str, server: Server, elsewhere: Server) -> None:
    port = server.url.rpartition(":")[2]
    link = link.format(elsewhere=elsewhere.url, port=port)
    server.answers = [Answer(body=f'{{"data":[],"meta":{{"paging":{{"next":"{link}"}}}}}}'.encode())]
    refused(
        client_of(server),
        PagingError,
        f"bills, page 1: the link leads to another host than 127.0.0.1:{port}.",
    )
    assert (len(server.received), elsewhere.received) == (1, [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_within_the_host_only(status: int, server: Server, elsewhere: Server) -> None:
    server.answers = [Answer(status, b"", {"Location": "/moved?page=1"}), Answer()]
    assert read(client_of(server)).body == Answer().body
    assert server.received[1].startswith("GET /moved?page=1 ")
    assert f"Authorization: Bearer {TOKEN}" in server.received[1]
    server.answers = [Answer(status, b"", {"Location": f"{elsewhere.url}/moved"})]
    refused(client_of(server), PagingError, "another host")
    assert elsewhere.received == []


@pytest.mark.parametrize("headers", [{"Location": "/again"}, {}])
def test_redirects_come_to_an_end(headers: dict[str, str], server: Server) -> None:
    server.answers = [Answer(302, b"", headers)]
    refused(client_of(server), RequestRefusedError, "Clio answered 302")
    assert len(server.received) == 3


def test_a_host_that_nobody_answers_at_is_told_soon() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    auth = TokenAuth(ClioCredentials(access_token=TOKEN), url)
    client = ClioClient(url, auth, "4.0.13", Throttle(), pause_seconds=0.001)
    refused(client, UnavailableError, f"no answer came from {url} (ConnectionError).", "sources.clio.region")


@pytest.mark.parametrize("retry_after", ["Tue, 30 Jun 2026 12:00:00 GMT", "-5"])
def test_a_retry_after_that_is_no_number_of_seconds_means_the_next_window(
    retry_after: str, server: Server
) -> None:
    soon = {
        "X-RateLimit-Reset": str(int(time.time()) + 1),
        "X-RateLimit-Limit": "9",
        "X-RateLimit-Remaining": "0",
    }
    server.answers = [Answer(429, b"", {"Retry-After": retry_after, **soon}), Answer()]
    began = time.monotonic()
    assert read(client_of(server)).retries == 1
    assert time.monotonic() - began < 10


def test_a_body_that_cannot_be_unpacked_is_asked_for_again(server: Server) -> None:
    server.answers = [Answer(body=b"not gzip", headers={"Content-Encoding": "gzip"}), Answer()]
    assert read(client_of(server)).retries == 1


def test_who_is_stopped_says_so(server: Server) -> None:
    client = client_of(server)
    client.throttle.stop()
    refused(client, StoppedError, "we were asked to stop.", KEPT)
    assert server.received == []
