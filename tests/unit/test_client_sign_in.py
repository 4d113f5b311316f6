"""The client and its token: renewed once for all threads, refused in plain words, sent nowhere else."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from clio_sandbox import Fault, Sandbox
from clio_source.auth import ClioCredentials, TokenAuth
from clio_source.client import ClioClient
from clio_source.errors import (
    AuthenticationError,
    ClioError,
    UnavailableError,
)
from clio_source.throttle import Throttle

from .answers import FIRST_ATTEMPTS, PRIVILEGED, Answer, Server, asked, read, refreshing, refused

pytestmark = pytest.mark.usefixtures("discreet_logs")


def test_one_thread_fetches_the_next_token_for_all(clio: Sandbox) -> None:
    client = refreshing(clio)
    client.read_user_id()
    clio.control.expire_access_tokens()
    with ThreadPoolExecutor(8) as pool:
        pages = [reading.result(timeout=30) for reading in [pool.submit(read, client) for _ in range(24)]]
    assert len(pages) == 24
    assert asked(clio, "oauth/token") == [200]
    assert asked(clio).count(401) <= 8
    client = refreshing(clio)  # leaves a token that is good to the tests that follow
    clio.token = client._auth.renew(refused=clio.token)  # noqa: SLF001


def test_without_a_token_the_first_is_fetched(clio: Sandbox) -> None:
    app = {
        "client_id": clio.client_id,
        "client_secret": clio.client_secret,
        "refresh_token": clio.refresh_token,
    }
    client = ClioClient(clio.url, TokenAuth(ClioCredentials(**app), clio.url), "4.0.13", Throttle())
    assert client.read_user_id() == clio.firm.whoami_id
    assert asked(clio, "oauth/token") == [200]


def test_a_new_token_that_is_refused_too_ends_it(clio: Sandbox) -> None:
    clio.control.fault(Fault("unauthorized", "bills"))
    refused(
        refreshing(clio), AuthenticationError, "401 Unauthorized to a token that it had just given", "region"
    )
    assert (asked(clio), asked(clio, "oauth/token")) == ([401, 401], [200])


@pytest.mark.parametrize("kind", ["500", "503", "reset", "short_body", "empty_body", "html", "429"])
def test_a_sign_in_that_fails_for_a_moment_is_repeated(kind: Any, clio: Sandbox) -> None:
    clio.control.fault(Fault("unauthorized", "bills", count=1))
    fault = clio.control.fault(Fault(kind, "oauth/token", count=1, status=200))
    assert read(refreshing(clio)).body
    assert fault.fired == 1
    assert asked(clio, "bills")[-1] == 200


OAUTH = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("answer", "kind", "phrase"),
    [
        (
            Answer(400, b'{"error":"invalid_grant"}', OAUTH),
            AuthenticationError,
            "refused the refresh token: invalid_grant.",
        ),
        (Answer(401, b'{"error":"invalid_client"}', OAUTH), AuthenticationError, "invalid_client"),
        (
            Answer(400, f'{{"error":"{PRIVILEGED}"}}'.encode(), OAUTH),
            AuthenticationError,
            "a reason it does not name",
        ),
        (
            Answer(400, f'{{"error":{{"a":"{PRIVILEGED}"}}}}'.encode(), OAUTH),
            UnavailableError,
            "did not give one (an error)",
        ),
        (Answer(200, f'{{"a":"{PRIVILEGED}"}}'.encode(), OAUTH), UnavailableError, "did not give one"),
        (Answer(200, f'["{PRIVILEGED}"]'.encode(), OAUTH), UnavailableError, "did not give one"),
        (Answer(200, b'{"access_token":null}', OAUTH), UnavailableError, "did not give one"),
        (Answer(200, PRIVILEGED.encode(), OAUTH), UnavailableError, "did not give one"),
        (Answer(502, PRIVILEGED.encode(), OAUTH), UnavailableError, "did not give one (HTTPError)"),
    ],
)
def test_a_sign_in_that_is_refused_says_why(
    answer: Answer, kind: type[ClioError], phrase: str, server: Server
) -> None:
    server.answers, server.sign_in = [Answer(401, b"{}")], answer
    refused(refreshing(server), kind, phrase)
    assert sum("POST /oauth/token" in text for text in server.received) <= FIRST_ATTEMPTS


@pytest.mark.parametrize("status", [302, 307, 308])
def test_the_app_s_secret_follows_no_redirect(status: int, server: Server, elsewhere: Server) -> None:
    elsewhere.sign_in = Answer(200, b'{"access_token":"theirs","token_type":"bearer"}', OAUTH)
    server.answers = [Answer(401, b"{}")]
    server.sign_in = Answer(status, b"", {"Location": f"{elsewhere.url}/oauth/token"})
    with pytest.raises(ClioError):
        read(refreshing(server))
    assert elsewhere.received == []
