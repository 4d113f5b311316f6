"""Every endpoint of the catalog answers, with every field that the catalog gives it."""

import re
from decimal import Decimal

import pytest

from clio_sandbox import Sandbox
from clio_sandbox.catalog import Catalog, Endpoint

from .conftest import Client, Row

CATALOG = Catalog.load()
WITHOUT_RECORDS = ("bank_transfers/{id}", "document_archives/{id}", "custom_actions/{id}", "damages/{id}")


COMPARED = [
    path
    for path, endpoint in CATALOG.endpoints.items()
    if endpoint.many
    and "{" not in path
    and not endpoint.required
    and not path.endswith(("/ids", "/my_events"))
]


def all_fields(endpoint: Endpoint) -> str:
    names = []
    for name, field in CATALOG.records[endpoint.record].items():
        inner = ",".join(CATALOG.records[field.record]) if field.record else ""
        names.append(f"{name}{{{inner}}}" if inner else name)
    return ",".join(names)


def path_of(clio: Sandbox, endpoint: Endpoint) -> str:
    """Returns the endpoint's path with ids that exist."""
    table = clio.firm.records.get(endpoint.collection, {})
    record_id, record = next(iter(table.items()), (0, {}))
    if endpoint.is_show:
        path = endpoint.path.removesuffix("{id}") + str(record_id)
        return re.sub(r"\{\w+\}", str(record.get("_parent")), path)
    if "{" not in endpoint.path:
        return endpoint.path
    parent = record.get("_parent") or next(iter(clio.firm.records[endpoint.path.split("/")[0]]))
    return re.sub(r"\{\w+\}", str(parent), endpoint.path)


@pytest.mark.parametrize("path", CATALOG.endpoints)
def test_endpoint_answers_with_the_whole_catalog_of_its_fields(
    path: str, clio: Sandbox, client: Client
) -> None:
    endpoint = CATALOG.endpoints[path]
    asked = {"fields": all_fields(endpoint)}
    required = {
        "type": "Contact",
        "region": "London",
        "conversation_id": str(next(iter(clio.firm.records["conversations"]))),
    }
    asked |= {name: required[name] for name in endpoint.required}
    reply = client.get(path_of(clio, endpoint), **asked)
    if path in WITHOUT_RECORDS:
        assert reply.status_code == 404
        return
    assert reply.status_code == 200, reply.text
    data = reply.json()["data"]
    assert isinstance(data, list) == endpoint.many
    for row in (data if endpoint.many else [data])[:3]:
        if not endpoint.path.endswith("/ids"):
            assert set(row) == set(CATALOG.records[endpoint.record])
            check_nested(endpoint, row)


def check_nested(endpoint: Endpoint, row: Row) -> None:
    for name, field in CATALOG.records[endpoint.record].items():
        value = row[name]
        if field.kind == "list":
            assert isinstance(value, list), name
        if field.record:
            for nested in value if isinstance(value, list) else [value] if value is not None else []:
                assert set(nested) == set(CATALOG.records[field.record]), name


@pytest.mark.parametrize("path", COMPARED)
def test_list_agrees_with_the_truth(path: str, clio: Sandbox, client: Client) -> None:
    endpoint = CATALOG.endpoints[path]
    names = [name for name, field in CATALOG.records[endpoint.record].items() if field.kind == "scalar"]
    order = {"order": "id(asc)"} if endpoint.orders and "id(asc)" in endpoint.orders else {}
    rows = client.rows(path, fields=",".join(names), **order)
    truth = clio.truth(path, ",".join(names))
    assert rows == [{k: float(v) if isinstance(v, Decimal) else v for k, v in row.items()} for row in truth]


def test_paths_work_with_and_without_json(client: Client) -> None:
    assert client.get("bills.json", limit="1").json()["data"] == client.get("bills", limit="1").json()["data"]


@pytest.mark.parametrize("path", ["unicorns", "bills/1/pages", "bills/{id}", "contacts/7/email_addresses"])
def test_unknown_paths_and_parents_are_404(path: str, client: Client) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert reply.json()["error"]["type"] == "RecordNotFound"


def test_writing_is_not_offered(client: Client) -> None:
    assert client.session.post(f"{client.clio.url}/api/v4/bills", json={}, timeout=5).status_code == 405
    assert client.session.delete(f"{client.clio.url}/api/v4/unicorns", timeout=5).status_code == 404
