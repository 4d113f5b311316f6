"""Pages by key and by offset, and what happens when the firm changes between two pages."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest

from clio_sandbox import Exchange, Sandbox
from clio_sandbox.paging import IdIndex, sort_key

from .conftest import Client, error


@pytest.mark.parametrize("limit", ["1", "7", "66", "200"])
def test_every_id_once_at_any_page_size(limit: str, clio: Sandbox, client: Client) -> None:
    ids = [row["id"] for row in client.rows("interest_charges", limit=limit)]
    assert ids == sorted(clio.firm.records["interest_charges"], key=sort_key)


def test_string_ids_go_by_the_number_in_them(clio: Sandbox, client: Client) -> None:
    ids = [str(row["id"]) for row in client.rows("calendar_entries", limit="5")]
    assert len(ids) == len(clio.firm.records["calendar_entries"])
    assert IdIndex(["text_line-130", "url-9", "text_line-13"]).ids == [
        "url-9",
        "text_line-13",
        "text_line-130",
    ]


def test_the_envelope_has_links_and_no_count(client: Client) -> None:
    first = client.get("bills", limit="150", fields="id,total", order="id(asc)").json()
    assert set(first) == {"data", "meta"}
    assert set(first["meta"]) == {"paging"}
    assert set(first["meta"]["paging"]) == {"next"}
    last = client.get(first["meta"]["paging"]["next"]).json()
    assert set(last["meta"]["paging"]) == {"previous"}
    back = client.get(last["meta"]["paging"]["previous"]).json()
    assert back["data"] == first["data"]


def test_the_next_link_repeats_the_whole_query(client: Client) -> None:
    asked = {
        "limit": "1",
        "fields": "id,client{id}",
        "updated_since": "2026-01-01T00:00:00+01:00",
        "order": "id(asc)",
    }
    link = client.get("bills", **asked).json()["meta"]["paging"]["next"]
    assert link.startswith(f"{client.clio.url}/api/v4/bills.json?")
    given = parse_qs(urlsplit(link).query)
    assert {name: values[0] for name, values in given.items() if name != "page_token"} == asked


def test_a_page_token_belongs_to_its_query_and_cannot_be_altered(clio: Sandbox, client: Client) -> None:
    link = client.get("bills", limit="5").json()["meta"]["paging"]["next"]
    token = parse_qs(urlsplit(link).query)["page_token"][0]
    assert client.get("bills", limit="5", page_token=token).status_code == 200
    for wrong in ({"limit": "6"}, {"limit": "5", "fields": "id"}):
        assert error(client.get("bills", page_token=token, **wrong))[:2] == (422, "ArgumentError")
    assert error(client.get("matters", limit="5", page_token=token))[0] == 422
    assert error(client.get("bills", limit="5", page_token=token[:-4] + "AAAA"))[0] == 422
    assert error(client.get("bills", limit="5", page_token="é"))[0] == 422
    clio.control.expire_page_tokens()
    assert error(client.get("bills", limit="5", page_token=token))[0] == 422


def test_page_tokens_can_be_made_to_age(clio: Sandbox, client: Client) -> None:
    clio.control.expire_page_tokens(lifetime_seconds=30)
    link = client.get("bills", limit="5").json()["meta"]["paging"]["next"]
    assert client.get(link).status_code == 200
    clio.control.pass_time(31)
    assert client.get(link).status_code == 422


@pytest.mark.parametrize("asked", [{"order": "issued_at(desc)"}, {"offset": "0"}])
def test_another_order_or_an_offset_pages_by_offset(
    asked: dict[str, str], clio: Sandbox, client: Client
) -> None:
    link = client.get("bills", limit="30", **asked).json()["meta"]["paging"]["next"]
    assert "offset=30" in link
    assert "page_token" not in link
    rows = client.rows("bills", limit="30", fields="id,issued_at", **asked)
    assert len({row["id"] for row in rows}) == len(clio.firm.records["bills"])
    if "order" in asked:
        dates = [str(row["issued_at"]) for row in rows if row["issued_at"]]
        assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("path", ["allocations", "credit_memos", "communications"])
def test_a_default_order_by_date_means_offset_mode_until_id_is_asked_for(path: str, client: Client) -> None:
    assert "offset=5" in client.get(path, limit="5").json()["meta"]["paging"]["next"]
    assert "page_token=" in client.get(path, limit="5", order="id(asc)").json()["meta"]["paging"]["next"]


def test_beyond_ten_thousand_an_offset_is_refused(client: Client) -> None:
    assert client.get("bills", offset="9800", limit="200").json()["data"] == []
    assert error(client.get("bills", offset="9801", limit="200"))[:2] == (422, "ArgumentError")


def test_rows_may_come_and_go_between_two_pages(changing: Sandbox, client: Client) -> None:
    """A live scan by key: what is deleted ahead is gone, what is added behind the last id is seen."""
    control = changing.control
    ids = sorted(i for i in changing.firm.records["log_entries"] if isinstance(i, int))
    victim, added = ids[-1], []

    def between(exchange: Exchange) -> None:
        if exchange.collection == "log_entries" and exchange.nth == 2:
            added.append(control.insert("log_entries", {}))
            control.delete("log_entries", victim)
            control.delete("log_entries", ids[0])  # on a page already read

    stop = control.on_request(between)
    rows = [row["id"] for row in client.rows("log_entries", limit="6", order="id(asc)")]
    stop()
    assert rows == [*ids[:-1], *added]


def test_a_script_changes_rows_after_a_page(clio: Sandbox, client: Client) -> None:
    ids = [row["id"] for row in client.rows("tasks", fields="id", order="id(asc)")]
    clio.control.after("tasks", 1, lambda: clio.control.edit("tasks", ids[-1], {"name": "changed"}))
    names = [row["name"] for row in client.rows("tasks", fields="name", limit="5", order="id(asc)")]
    assert names[-1] == "changed"


def test_an_edit_is_never_stamped_later_than_the_next_answer(clio: Sandbox, client: Client) -> None:
    task = next(iter(clio.firm.records["tasks"]))
    begun = parsedate_to_datetime(client.get("tasks", limit="1").headers["Date"])
    clio.control.pass_time(5)
    clio.control.edit("tasks", task, {"name": "again"})
    reply = client.get(f"tasks/{task}", fields="updated_at")
    stamp = datetime.fromisoformat(reply.json()["data"]["updated_at"])
    assert begun < stamp <= parsedate_to_datetime(reply.headers["Date"])


def test_advancing_stamps_what_it_touches_after_what_was_read() -> None:
    with Sandbox("small", seed=2) as other:
        mine = Client(other)
        before = {p: {r["id"]: r["etag"] for r in mine.rows(p)} for p in ("bills", "activities", "matters")}
        date = other.control.now()
        other.control.pass_time(90)
        counts = other.control.advance(14)
        since = date.isoformat()
        for path, etags in before.items():
            changed = {r["id"] for r in mine.rows(path) if etags.get(r["id"]) != r["etag"]}
            listed = {r["id"] for r in mine.rows(path, updated_since=since)}
            assert changed == listed, path
            assert len(changed) == counts[path]["inserted"] + counts[path]["updated"]
        mine.session.close()


def test_orders_are_those_that_are_declared(client: Client) -> None:
    rows = client.rows("activities", order="date(asc)", fields="id,date", limit="150")
    assert all(str(a["date"]) <= str(b["date"]) for a, b in pairwise(rows))
    assert [r["id"] for r in client.rows("bills", order="id(desc)")] == [
        r["id"] for r in reversed(client.rows("bills"))
    ]
    assert error(client.get("bills", order="due_at(desc);drop"))[0] == 400
