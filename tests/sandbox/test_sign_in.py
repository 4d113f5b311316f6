"""The authorization code flow, refreshing, and revocation."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from clio_sandbox import Sandbox

from .conftest import Client

CALLBACK = "http://127.0.0.1:8765/callback"


@pytest.fixture
def app(clio: Sandbox) -> dict[str, str]:
    clio.control.register_redirect(CALLBACK)
    return {"client_id": clio.client_id, "client_secret": clio.client_secret}


def authorize(client: Client, **asked: str) -> requests.Response:
    given = {"response_type": "code", "client_id": client.clio.client_id, "redirect_uri": CALLBACK} | asked
    return client.get(f"{client.clio.url}/oauth/authorize?{urlencode(given)}")


def code_of(client: Client, **asked: str) -> str:
    reply = authorize(client, **asked)
    assert reply.status_code == 302, reply.text
    return parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0]


def test_a_code_brings_tokens_once(client: Client, app: dict[str, str]) -> None:
    form = app | {"grant_type": "authorization_code", "code": code_of(client), "redirect_uri": CALLBACK}
    reply = client.post("/oauth/token", form)
    assert reply.status_code == 200
    assert set(reply.json()) == {"token_type", "access_token", "expires_in", "refresh_token"}
    assert (reply.json()["token_type"], reply.json()["expires_in"]) == ("bearer", 2_592_000)
    headers = {"Authorization": f"Bearer {reply.json()['access_token']}"}
    assert client.get("bills", headers=headers).status_code == 200
    again = client.post("/oauth/token", form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_code_is_good_for_ten_minutes_and_for_its_redirect(
    clio: Sandbox, client: Client, app: dict[str, str]
) -> None:
    form = app | {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
    code = code_of(client)
    clio.control.pass_time(601)
    assert client.post("/oauth/token", form | {"code": code}).json()["error"] == "invalid_grant"
    elsewhere = form | {"code": code_of(client), "redirect_uri": f"{CALLBACK}/"}
    assert client.post("/oauth/token", elsewhere).json()["error"] == "invalid_grant"


def test_the_redirect_uri_must_match_exactly(client: Client, app: dict[str, str]) -> None:
    for wrong in (f"{CALLBACK}/", CALLBACK.replace("127.0.0.1", "localhost")):
        reply = authorize(client, redirect_uri=wrong)
        assert reply.status_code == 400
        assert "Location" not in reply.headers
    assert authorize(client, client_id="unknown").status_code == 401


def test_state_comes_back_and_declining_is_told_only_when_asked(
    clio: Sandbox, client: Client, app: dict[str, str]
) -> None:
    assert authorize(client, state="s 1").headers["Location"].endswith("&state=s+1")
    clio.control.user_declines()
    assert authorize(client).status_code == 200
    reply = authorize(client, redirect_on_decline="true", state="x")
    assert reply.headers["Location"] == f"{CALLBACK}?error=access_denied&state=x"


def test_the_approval_page_shows_the_code(client: Client, app: dict[str, str]) -> None:
    reply = authorize(client, redirect_uri=f"{client.clio.url}/oauth/approval")
    page = client.get(reply.headers["Location"])
    assert parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0] in page.text


def test_a_refresh_token_stays_and_is_not_repeated(
    clio: Sandbox, client: Client, app: dict[str, str]
) -> None:
    form = app | {"grant_type": "refresh_token", "refresh_token": clio.refresh_token}
    for _ in range(2):
        reply = client.post("/oauth/token", form)
        assert set(reply.json()) == {"token_type", "access_token", "expires_in"}


@pytest.mark.parametrize(
    ("change", "status", "wrong"),
    [
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"refresh_token": "old"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_errors_have_the_oauth_shape(
    change: dict[str, str], status: int, wrong: str, clio: Sandbox, client: Client, app: dict[str, str]
) -> None:
    form = app | {"grant_type": "refresh_token", "refresh_token": clio.refresh_token} | change
    reply = client.post("/oauth/token", form)
    assert (reply.status_code, reply.json()["error"]) == (status, wrong)
    assert set(reply.json()) == {"error", "error_description"}


def test_credentials_belong_in_the_form(clio: Sandbox, app: dict[str, str]) -> None:
    form = app | {"grant_type": "refresh_token", "refresh_token": clio.refresh_token}
    url, agent = f"{clio.url}/oauth/token", {"User-Agent": "tests/1.0"}
    assert requests.post(url, params=form, headers=agent, timeout=5).status_code == 401
    assert requests.post(url, json=form, headers=agent, timeout=5).status_code == 401
    basic = (clio.client_id, clio.client_secret)
    rest = {"grant_type": "refresh_token", "refresh_token": clio.refresh_token}
    assert requests.post(url, data=rest, auth=basic, headers=agent, timeout=5).status_code == 401


def test_tokens_expire_and_deauthorizing_ends_both() -> None:
    with Sandbox("small", token_lifetime=60) as clio:
        client = Client(clio)
        app = {"client_id": clio.client_id, "client_secret": clio.client_secret}
        form = app | {"grant_type": "refresh_token", "refresh_token": clio.refresh_token}
        clio.control.pass_time(61)
        assert client.get("bills").status_code == 401
        fresh = client.post("/oauth/token", form).json()
        assert fresh["expires_in"] == 60
        bearer = {"Authorization": f"Bearer {fresh['access_token']}"}
        assert client.get("bills", headers=bearer).status_code == 200
        assert (
            client.post("/oauth/deauthorize", {"token": fresh["access_token"]}, **bearer).status_code == 200
        )
        assert client.get("bills", headers=bearer).status_code == 401
        assert client.post("/oauth/token", form).json()["error"] == "invalid_grant"
        client.session.close()


def test_the_log_names_no_secret(clio: Sandbox, client: Client, app: dict[str, str]) -> None:
    client.get("bills")
    client.post("/oauth/token", app | {"grant_type": "refresh_token", "refresh_token": clio.refresh_token})
    log = client.get(f"{clio.url}/_sandbox/requests").text
    assert '"token-1"' in log
    assert not [s for s in (clio.token, clio.refresh_token, clio.client_secret) if s in log]
