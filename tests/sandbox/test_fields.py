"""The fields parameter: what is shown, and what a wrong name costs."""

from decimal import Decimal

import pytest

from clio_sandbox import Redaction, Sandbox
from clio_sandbox.fields import parse_fields

from .conftest import Client, error


def test_without_fields_a_row_is_id_and_etag(client: Client) -> None:
    for row in client.get("bills", limit="5").json()["data"]:
        assert set(row) == {"id", "etag"}
        assert row["etag"].startswith('"')


def test_bare_nested_records_show_their_defaults_only(client: Client) -> None:
    row = client.get("contacts", fields="id,email_addresses,company", limit="1").json()["data"][0]
    assert all(set(email) == {"id", "etag"} for email in row["email_addresses"])
    braced = client.get("contacts", fields="email_addresses{address}", limit="1").json()["data"][0]
    assert all(set(email) == {"address"} for email in braced["email_addresses"])


def test_nested_of_nested_is_bare_only(client: Client) -> None:
    fields = "custom_field_values{id,value,custom_field}"
    found = [v for row in client.rows("matters", fields=fields) for v in row["custom_field_values"]]
    assert found
    assert all(set(value["custom_field"]) == {"id", "etag"} for value in found)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ("id,flavour", "flavour"),
        ("id,client{flavour,id}", "flavour"),
        ("id,client{id,flavour}", "flavour}"),
        ("custom_field_values{id,picklist_option{id,option}}", "id,option}"),
        ("id{x}", "id{x"),
        ("client{id", "id"),
        ("id,", ""),
        ("", ""),
        ("id, etag", " etag"),
        ("id,matters{currency{id}}", "id}"),
    ],
)
def test_an_unknown_name_refuses_the_whole_request(fields: str, named: str, client: Client) -> None:
    status, kind, message = error(client.get("matters" if "custom" in fields else "bills", fields=fields))
    assert (status, kind) == (400, "ArgumentError")
    assert message.endswith(" is not a valid field")
    assert message.startswith(named.rsplit(",", 1)[-1])


def test_the_grammar_keeps_names_and_braces() -> None:
    assert parse_fields("id,client{id,name},matters") == [
        ("id", None),
        ("client", ["id", "name"]),
        ("matters", None),
    ]


def test_numbers_keep_their_digits(changing: Sandbox, client: Client) -> None:
    bill = next(iter(changing.firm.records["bills"]))
    raw = "12345678901234567890.123456789"
    changing.control.edit("bills", bill, {"total": Decimal(raw)})
    assert f'"total":{raw}' in client.get(f"bills/{bill}", fields="total").text


def test_timestamps_carry_a_local_offset_and_whole_seconds(client: Client) -> None:
    stamps = {str(row["updated_at"]) for row in client.rows("activities", fields="updated_at")}
    assert {stamp[19:] for stamp in stamps} == {"-04:00", "-05:00"}


def test_hours_of_time_entries_are_redacted_wherever_they_show(clio: Sandbox, client: Client) -> None:
    clio.control.redact(Redaction(hours="all"))
    fields = "type,quantity,total,quantity_redacted"
    for row in client.rows("activities", fields=fields):
        redacted = row["type"] == "TimeEntry"
        assert (row["quantity_redacted"] is True and row["total"] is None) == redacted
    nested = [e for row in client.rows("line_items", fields="activity{type,total}") if (e := row["activity"])]
    assert {e["total"] is None for e in nested if e["type"] == "TimeEntry"} == {True}


def test_custom_field_values_can_be_stripped(clio: Sandbox, client: Client) -> None:
    clio.control.redact(Redaction(custom_field_values=True))
    values = [
        v
        for row in client.rows("matters", fields="custom_field_values{id,value}")
        for v in row["custom_field_values"]
    ]
    assert {value["value"] for value in values} == {None}


def test_old_versions_count_quantity_in_hours(clio: Sandbox, client: Client) -> None:
    asked = {"fields": "quantity,quantity_in_hours", "type": "TimeEntry", "limit": "1"}
    new = client.get("activities", **asked).json()["data"][0]
    old = client.get("activities", headers={"X-API-VERSION": "4.0.3"}, **asked).json()["data"][0]
    assert new["quantity"] == pytest.approx(new["quantity_in_hours"] * 3600, abs=40)
    assert old["quantity"] == new["quantity_in_hours"]


def test_emails_of_a_contact_are_cut_at_200(changing: Sandbox, client: Client) -> None:
    contact = next(iter(changing.firm.records["contacts"]))
    changing.control.edit("contacts", contact, {"email_addresses": [{"id": n} for n in range(205)]})
    row = client.get(f"contacts/{contact}", fields="email_addresses{id}").json()["data"]
    assert len(row["email_addresses"]) == 200
