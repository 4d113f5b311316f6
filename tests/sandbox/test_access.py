"""Who may ask: tokens, permissions, user agents, versions, and how often."""

import gzip
import json

import pytest
import requests

from clio_sandbox import Sandbox

from .conftest import Client, error

FORBIDDEN = "User is forbidden from taking that action"


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic abc", "Bearer", ""])
def test_without_a_good_token_it_is_401(header: str | None, clio: Sandbox) -> None:
    headers = {"User-Agent": "tests/1.0"} | ({} if header is None else {"Authorization": header})
    reply = requests.get(f"{clio.url}/api/v4/bills", headers=headers, timeout=5)
    assert error(reply)[:2] == (401, "UnauthorizedError")


def test_a_token_of_another_region_is_just_unknown(clio: Sandbox) -> None:
    with Sandbox("small", region="eu") as europe:
        assert Client(europe).get("bills").status_code == 200
        headers = {"Authorization": f"Bearer {europe.token}", "User-Agent": "tests/1.0"}
        assert requests.get(f"{clio.url}/api/v4/bills", headers=headers, timeout=5).status_code == 401
        form = {"grant_type": "refresh_token", "refresh_token": europe.refresh_token}
        form |= {"client_id": europe.client_id, "client_secret": europe.client_secret}
        reply = requests.post(f"{clio.url}/oauth/token", data=form, headers=headers, timeout=5)
        assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client")


def test_a_permission_that_is_missing_is_403_for_its_endpoints_only(clio: Sandbox, client: Client) -> None:
    clio.control.deny("Billing")
    assert error(client.get("bills")) == (403, "ForbiddenError", FORBIDDEN)
    assert error(client.get("line_items"))[0] == 403
    assert client.get("matters").status_code == 200
    clio.control.grant("Billing")
    assert client.get("bills").status_code == 200


def test_relationships_need_two_permissions(clio: Sandbox, client: Client) -> None:
    for name in ("Matters", "Contacts"):
        clio.control.deny(name)
        assert client.get("relationships").status_code == 403
        clio.control.grant(name)
    assert client.get("relationships").status_code == 200


def test_a_permission_can_be_one_tokens_own(clio: Sandbox, client: Client) -> None:
    other = {"Authorization": f"Bearer {clio.control.issue_token()}"}
    clio.control.deny("Tasks", token="token-1")
    assert client.get("tasks").status_code == 403
    assert client.get("tasks", headers=other).status_code == 200
    with pytest.raises(ValueError, match="Secrets is not an access permission"):
        clio.control.deny("Secrets")


@pytest.mark.parametrize("agent", ["", "Loader/1.0 (+https://example.com)", "www.example.com"])
def test_the_firewall_answers_html_to_anonymous_and_boastful_agents(
    agent: str, clio: Sandbox, client: Client
) -> None:
    reply = client.get("bills", headers={"User-Agent": agent})
    assert reply.status_code == 403
    assert reply.headers["Content-Type"].startswith("text/html")
    clio.control.firewall(on=False)
    assert client.get("bills", headers={"User-Agent": agent}).status_code == 200


@pytest.mark.parametrize(
    ("version", "status"), [("4.0.13", 200), ("4.0.4", 200), ("4.0.14", 410), ("4", 410), ("", 410)]
)
def test_versions_are_echoed_or_gone(version: str, status: int, client: Client) -> None:
    reply = client.get("bills", headers={"X-API-VERSION": version}, limit="1")
    assert reply.status_code == status
    assert status != 200 or reply.headers["X-API-VERSION"] == version


def test_a_version_can_be_retired_and_without_one_the_default_holds(clio: Sandbox, client: Client) -> None:
    assert client.get("bills").headers["X-API-VERSION"] == "4.0.13"
    clio.control.retire_version("4.0.9")
    assert error(client.get("bills", headers={"X-API-VERSION": "4.0.9"}))[0] == 410


def test_the_window_is_counted_told_and_enforced(clio: Sandbox, client: Client) -> None:
    clio.control.rate_limit(3)
    clio.control.pass_time(60)
    left = [client.get("bills", limit="1").headers["X-RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    reply = client.get("bills", limit="1")
    assert error(reply)[0] == 429
    assert 1 <= int(reply.headers["Retry-After"]) <= 60
    assert int(reply.headers["X-RateLimit-Reset"]) >= clio.control.now().timestamp()
    clio.control.pass_time(int(reply.headers["Retry-After"]))
    assert client.get("bills", limit="1").status_code == 200


def test_the_limit_changes_in_mid_window_and_is_each_tokens_own(clio: Sandbox, client: Client) -> None:
    clio.control.rate_limit(1)
    clio.control.pass_time(60)
    assert [client.get("bills", limit="1").status_code for _ in range(2)] == [200, 429]
    other = {"Authorization": f"Bearer {clio.control.issue_token()}"}
    assert client.get("bills", limit="1", headers=other).status_code == 200
    clio.control.rate_limit(300)
    assert client.get("bills", limit="1").headers["X-RateLimit-Limit"] == "300"


def test_every_answer_carries_date_limit_and_request_id(client: Client) -> None:
    for reply in (client.get("bills"), client.get("unicorns"), client.get("bills", fields="x")):
        for name in (
            "Date",
            "X-Request-Id",
            "X-RateLimit-Limit",
            "X-RateLimit-Remaining",
            "X-RateLimit-Reset",
        ):
            assert name in reply.headers


def test_gzip_only_for_who_accepts_it(client: Client) -> None:
    plain = client.get("bills", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    reply = client.session.get(f"{client.clio.url}/api/v4/bills", stream=True, timeout=5)
    assert reply.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(reply.raw.read(decode_content=False)))["data"] == plain.json()["data"]


def test_a_single_record_answers_304_to_who_knows_it(client: Client) -> None:
    bill = client.get("bills", limit="1").json()["data"][0]["id"]
    reply = client.get(f"bills/{bill}")
    etag, changed = reply.headers["ETag"], reply.headers["Last-Modified"]
    assert reply.json()["data"]["etag"] == etag
    for headers in ({"If-None-Match": etag}, {"If-Modified-Since": changed}):
        again = client.get(f"bills/{bill}", headers=headers)
        assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"bills/{bill}", headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get("bills", headers={"If-None-Match": etag}).status_code == 200
    assert error(client.get("bills/12"))[:2] == (404, "RecordNotFound")


def test_hidden_records_vanish_like_deleted_ones(clio: Sandbox, client: Client) -> None:
    matter = next(iter(clio.firm.records["matters"]))
    clio.control.hide("matters", [matter])
    assert matter not in {row["id"] for row in client.rows("matters")}
    assert client.get(f"matters/{matter}").status_code == 404
    clio.control.unhide("matters")
    assert client.get(f"matters/{matter}").status_code == 200
