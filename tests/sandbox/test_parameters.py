"""Parameters: each refusal beside the neighbour that is accepted."""

from collections.abc import Callable
from typing import Any

import pytest

from clio_sandbox import Sandbox

from .conftest import Client, error

REFUSED_AND_ACCEPTED = [
    # path, refused, accepted
    ("bills", {"flavour": "sweet"}, {"state": "paid"}),
    ("bills", {"state": "eaten"}, {"state": "paid"}),
    ("bills", {"limit": "201"}, {"limit": "200"}),
    ("bills", {"limit": "0"}, {"limit": "1"}),
    ("bills", {"limit": "many"}, {"limit": "20"}),
    ("users", {"limit": "2001"}, {"limit": "2000"}),
    ("billable_matters", {"limit": "1001"}, {"limit": "1000"}),
    ("billable_clients", {"limit": "26"}, {"limit": "25"}),
    ("bills", {"order": "total(asc)"}, {"order": "balance(asc)"}),
    ("line_items", {"order": "id(asc)"}, {}),
    (
        "bills",
        {"updated_since": "2026-01-01T00:00:00+01:00".replace("+", " ")},
        {"updated_since": "2026-01-01T00:00:00+01:00"},
    ),
    ("bills", {"updated_since": "2026-01-01T00:00:00"}, {"updated_since": "2026-01-01T00:00:00Z"}),
    ("bills", {"updated_since": "2026-01-01"}, {"created_since": "2026-01-01T00:00:00Z"}),
    ("bills", {"updated_since": "2026-13-01T00:00:00Z"}, {"updated_since": "2026-12-01T00:00:00Z"}),
    ("billable_clients", {"updated_since": "2026-01-01T00:00:00Z"}, {}),
    ("bills", {"issued_after": "01.02.2026"}, {"issued_after": "2026-02-01"}),
    ("bills", {"matter_id": "first"}, {"matter_id": "7"}),
    ("matters", {"status": "Open"}, {"status": "open,pending"}),
    ("matters", {"open_date[]": "2026-01-01"}, {"open_date[]": ">=2026-01-01"}),
    ("documents", {"include_deleted": "yes"}, {"include_deleted": "true"}),
    ("expense_categories", {"ids[]": "1"}, {"query": ""}),
    ("notes", {}, {"type": "Matter"}),
    ("notes", {"type": "Bill"}, {"type": "Contact"}),
    ("conversation_messages", {}, {"conversation_id": "1"}),
    ("lauk_expense_categories", {}, {"region": "London"}),
    ("folders/list", {"offset": "0"}, {"limit": "5"}),
    ("bills", {"offset": "-1"}, {"offset": "0"}),
    ("users/who_am_i", {"limit": "1"}, {"fields": "id"}),
]


@pytest.mark.parametrize(("path", "refused", "accepted"), REFUSED_AND_ACCEPTED)
def test_a_wrong_parameter_is_refused_and_its_neighbour_served(
    path: str, refused: dict[str, str], accepted: dict[str, str], client: Client
) -> None:
    status, kind, message = error(client.get(path, **refused))
    assert (status, kind) == (400, "ArgumentError")
    assert not refused or next(iter(refused)) in message or "order" in refused
    assert client.get(path, **accepted).status_code in (200, 501)


def test_a_bare_plus_is_a_space_and_refused(client: Client) -> None:
    url = f"{client.clio.url}/api/v4/bills?updated_since=2026-01-01T00:00:00"
    assert client.get(f"{url}+01:00").status_code == 400
    assert client.get(f"{url}%2B01:00").status_code == 200


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("bills", {"query": "7"}),
        ("bills", {"custom_field_values[12]": "=3"}),
        ("matters", {"custom_field_ids[]": "12"}),
        ("settings/billing", {"duration": "3h"}),
    ],
)
def test_a_filter_that_is_not_imitated_is_never_ignored(
    path: str, asked: dict[str, str], client: Client
) -> None:
    assert error(client.get(path, **asked))[0] == 501


Holds = Callable[[dict[str, Any]], object]
FILTERS: list[tuple[str, dict[str, str], str, Holds]] = [
    # path, filter, the fields that tell, what holds for the rows it keeps
    ("activities", {"type": "TimeEntry"}, "type", lambda r: r["type"] == "TimeEntry"),
    ("activities", {"status": "draft"}, "on_bill,billed", lambda r: r["on_bill"] and not r["billed"]),
    ("activities", {"start_date": "2026-03-01"}, "date", lambda r: r["date"] >= "2026-03-01"),
    ("activities", {"end_date": "2026-03-01"}, "date", lambda r: r["date"] <= "2026-03-01"),
    ("bills", {"state": "paid"}, "state", lambda r: r["state"] == "paid"),
    ("bills", {"type": "trust"}, "kind", lambda r: r["kind"] == "trust_kind"),
    ("bills", {"issued_after": "2026-02-03"}, "issued_at", lambda r: r["issued_at"] > "2026-02-03"),
    ("bills", {"issued_before": "2026-02-03"}, "issued_at", lambda r: r["issued_at"] < "2026-02-03"),
    ("matters", {"status": "open,pending"}, "status", lambda r: r["status"] in ("Open", "Pending")),
    ("matters", {"open_date[]": ">=2025-12-15"}, "open_date", lambda r: r["open_date"] >= "2025-12-15"),
    ("allocations", {"status": "invalid"}, "voided_at", lambda r: r["voided_at"]),
    ("bank_accounts", {"type": "TrustAccount"}, "type", lambda r: r["type"] == "Trust"),
    ("custom_fields", {"deleted": "true"}, "deleted", lambda r: r["deleted"]),
    ("custom_fields", {"parent_type": "contact"}, "parent_type", lambda r: r["parent_type"] == "Contact"),
    ("users", {"enabled": "false"}, "enabled", lambda r: not r["enabled"]),
    (
        "users",
        {"subscription_type": "attorney"},
        "subscription_type",
        lambda r: "Non" not in r["subscription_type"],
    ),
    ("notes", {"type": "Contact"}, "type", lambda r: r["type"] == "Contact"),
]


@pytest.mark.parametrize(("path", "asked", "fields", "holds"), FILTERS)
def test_filters_keep_exactly_the_rows_they_name(
    path: str, asked: dict[str, str], fields: str, holds: Holds, clio: Sandbox, client: Client
) -> None:
    found = client.rows(path, fields=f"id,{fields}", **asked)
    everything = clio.truth(path, f"id,{fields}")
    wanted = {row["id"] for row in everything if (row[fields.split(",")[0]] is not None) and holds(row)}
    assert {row["id"] for row in found} == wanted
    assert len(wanted) < len(everything)


@pytest.mark.parametrize(
    ("path", "nested"),
    [("bills", "matters"), ("line_items", "bill"), ("activities", "user"), ("allocations", "contact")],
)
def test_id_filters_follow_nested_records(path: str, nested: str, clio: Sandbox, client: Client) -> None:
    name = f"{nested.removesuffix('s')}_id"
    first = next(iter(clio.firm.records[path].values()))[nested]
    record_id = (first[0] if isinstance(first, list) else first).id
    found = client.rows(path, fields=f"id,{nested}{{id}}", **{name: str(record_id)})
    ids = [n["id"] for row in found for n in (row[nested] if nested == "matters" else [row[nested]])]
    assert found
    assert ids.count(record_id) == len(found)


def test_ids_ask_for_just_these(client: Client) -> None:
    ids = [row["id"] for row in client.get("bills", limit="7").json()["data"]][::3]
    reply = client.get(f"{client.clio.url}/api/v4/bills?" + "&".join(f"ids[]={i}" for i in ids))
    assert [row["id"] for row in reply.json()["data"]] == ids


def test_trash_is_hidden_unless_asked_for(clio: Sandbox, client: Client) -> None:
    shown = {row["id"] for row in client.rows("documents")}
    everything = {row["id"] for row in client.rows("documents", include_deleted="true")}
    trashed = {i for i, r in clio.firm.records["documents"].items() if r["deleted_at"] is not None}
    assert trashed
    assert everything - shown == trashed
    assert client.get(f"documents/{next(iter(trashed))}").status_code == 404


def test_updated_since_is_exclusive_until_told_otherwise(clio: Sandbox, client: Client) -> None:
    stamp = str(clio.truth("bills", "updated_at")[3]["updated_at"])
    asked = {"fields": "updated_at", "updated_since": stamp}
    assert stamp not in {row["updated_at"] for row in client.rows("bills", **asked)}
    clio.control.settle(updated_since_inclusive=True)
    assert stamp in {row["updated_at"] for row in client.rows("bills", **asked)}


@pytest.mark.parametrize("name", ["bills", "custom_fields", "users"])
def test_what_the_documents_leave_open_is_a_switch(name: str, clio: Sandbox, client: Client) -> None:
    before = len(client.rows(name))
    clio.control.settle(
        deleted_custom_fields_listed=False, deleted_bills_listed=False, disabled_users_listed=False
    )
    assert len(client.rows(name)) < before
