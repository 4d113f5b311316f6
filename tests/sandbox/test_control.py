"""The control door over HTTP, surprises in records, and two sandboxes side by side."""

import subprocess
import sys
from decimal import Decimal

import pytest
import requests

from clio_sandbox import Sandbox

from .conftest import Client


class Door:
    def __init__(self, clio: Sandbox) -> None:
        self.base = f"{clio.url}/_sandbox"

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.base}/{path}", timeout=10)

    def post(self, path: str, **body: object) -> requests.Response:
        return requests.post(f"{self.base}/{path}", json=body, timeout=10)


@pytest.fixture
def door(clio: Sandbox) -> Door:
    return Door(clio)


def test_requests_are_logged_with_what_was_asked(client: Client, door: Door) -> None:
    client.get("bills", limit="2", fields="id")
    client.get("matters", fields="nonsense")
    bills, matters = door.get("requests").json()["data"]
    assert (bills["collection"], bills["status"], bills["rows"], bills["token"]) == (
        "bills",
        200,
        2,
        "token-1",
    )
    assert bills["parameters"] == {"limit": "2", "fields": "id"}
    assert bills["headers"]["user-agent"] == "tests/1.0"
    assert (matters["status"], matters["rows"]) == (400, 0)
    assert [e["path"] for e in door.get("requests?collection=bills").json()["data"]] == ["/api/v4/bills"]


def test_faults_limits_and_permissions_from_outside(client: Client, door: Door) -> None:
    assert door.post("faults", kind="502", collection="bills", count=1).json()["data"]["kind"] == "502"
    assert client.get("bills").status_code == 502
    assert door.get("faults").json()["data"][0]["fired"] == 1
    assert requests.delete(f"{door.base}/faults", timeout=5).status_code == 200
    door.post("permissions", deny=["Tasks"])
    assert client.get("tasks").status_code == 403
    door.post("permissions", grant=["Tasks"])
    assert client.get("tasks").status_code == 200
    door.post("rate_limit", limit=1000)
    assert client.get("tasks").headers["X-RateLimit-Limit"] == "1000"
    door.post("rate_limit", limit="off")
    door.post("redaction", hours="all")
    rows = client.rows("activities", fields="quantity", type="TimeEntry")
    assert {row["quantity"] for row in rows} == {None}


def test_records_are_written_with_their_types(changing: Sandbox, client: Client, door: Door) -> None:
    bill = next(iter(changing.firm.records["bills"]))
    contact = next(iter(changing.firm.records["contacts"]))
    changes = {"total": 12.10, "issued_at": "2026-02-03", "client": {"$ref": ["contacts", contact]}}
    assert door.post("edit", collection="bills", id=bill, changes=changes).status_code == 200
    row = client.get(f"bills/{bill}", fields="total,issued_at,client{id}").json()["data"]
    assert row == {"total": 12.1, "issued_at": "2026-02-03", "client": {"id": contact}}
    added = door.post("insert", collection="task_types", record={"name": "Added"}).json()["data"]["id"]
    assert client.get(f"task_types/{added}", fields="name").json()["data"] == {"name": "Added"}
    door.post("delete", collection="task_types", id=added)
    assert client.get(f"task_types/{added}").status_code == 404


def test_surprises_break_the_declared_types(changing: Sandbox, client: Client, door: Door) -> None:
    bill = next(iter(changing.firm.records["bills"]))
    huge = 10**45
    changes = {"total": "a lot", "due": huge, "kind": "new_kind", "matters": [{"id": None, "etag": None}]}
    assert door.post("edit", collection="bills", id=bill, changes=changes, raw=True).status_code == 200
    reply = client.get(f"bills/{bill}", fields="total,due,kind,matters{id}")
    assert reply.json()["data"] == {
        "total": "a lot",
        "due": huge,
        "kind": "new_kind",
        "matters": [{"id": None}],
    }
    assert f'"due":{huge}' in reply.text


def test_truth_and_ledger(clio: Sandbox, door: Door) -> None:
    bill = door.get("records/bills").json()["data"][0]
    assert {"id", "name"} <= set(bill["client"])
    emails = door.get("records/contacts/{contact_id}/email_addresses").json()["data"]
    assert all(email["_parent"] in clio.firm.records["contacts"] for email in emails)
    assert door.get("truth/bills?fields=id,total&state=paid").json()["data"]
    assert [user["id"] for user in clio.truth("users/who_am_i", "id")] == [clio.firm.whoami_id]
    assert door.get("ledger").json()["data"] == clio.firm.ledger()
    assert isinstance(clio.truth("activities", "price")[0]["price"], Decimal)


def test_scripts_clock_tokens_and_switches(clio: Sandbox, client: Client, door: Door) -> None:
    kind = next(iter(clio.firm.records["task_types"]))
    change = {"op": "edit", "collection": "task_types", "id": kind, "changes": {"name": "Scripted"}}
    door.post("scripts", collection="task_types", after=1, changes=[change])
    names = [client.get(f"task_types/{kind}", fields="name").json()["data"]["name"] for _ in range(2)]
    assert names[1] != "Scripted"  # another endpoint: task_types/{id}
    client.get("task_types")
    assert client.get(f"task_types/{kind}", fields="name").json()["data"]["name"] == "Scripted"
    before = clio.control.now()
    door.post("clock", seconds=3600)
    assert (clio.control.now() - before).total_seconds() >= 3600
    assert door.post("tokens", do="issue").json()["data"]["access_token"]
    assert (
        door.post("switches", updated_since_inclusive=True).json()["data"]["updated_since_inclusive"] is True
    )
    door.post("hide", collection="task_types", ids=[kind])
    assert client.get(f"task_types/{kind}").status_code == 404
    door.post("clear")
    assert client.get(f"task_types/{kind}").status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"kind": "flood"}),
        ("edit", {"collection": "bills"}),
        ("delete", {"collection": "bills", "id": 1}),
        ("teapot", {}),
        ("switches", {"firewall": 1}),
    ],
)
def test_a_wrong_control_request_says_so(path: str, body: dict[str, object], door: Door) -> None:
    reply = door.post(path, **body)
    assert reply.status_code == 400
    assert f"/_sandbox/{path}" in reply.json()["error"]


def test_two_sandboxes_do_not_mix() -> None:
    with Sandbox("small") as one, Sandbox("small") as two:
        one.control.deny("Billing")
        one.control.delete("bills", next(iter(one.firm.records["bills"])))
        first, second = Client(one), Client(two)
        assert (first.get("bills").status_code, second.get("bills").status_code) == (403, 200)
        assert len(one.truth("bills", "id")) + 1 == len(two.truth("bills", "id"))
        before = two.truth("bills")
        two.control.advance(3)
        two.control.reset()
        assert two.truth("bills") == before
        first.session.close()
        second.session.close()


def test_it_starts_by_hand_and_ends_quietly() -> None:
    command = [sys.executable, "-m", "clio_sandbox", "--firm", "small", "--env"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = dict(
            process.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(2)
        )
        url, token = lines["SOURCES__CLIO__API_URL"], lines["SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN"]
        headers = {"Authorization": f"Bearer {token}"}
        assert requests.get(f"{url}/api/v4/users/who_am_i", headers=headers, timeout=5).status_code == 200
        process.terminate()
        assert process.wait(timeout=10) == 0
        assert process.stderr
        assert process.stderr.read() == ""
