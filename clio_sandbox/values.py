"""Values between JSON and the firm's records: exact decimals, real dates, references."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from clio_sandbox.catalog import Catalog, Field
from clio_sandbox.firm import Record, Ref

Json = bool | int | str | Decimal | list["Json"] | dict[str, "Json"] | None

_LARGEST = 2**63 - 1  # beyond it an integer is kept as a decimal: the JSON writer takes 64 bits


def loads(body: bytes | str) -> Json:
    """Returns JSON with every number exact."""
    value: Json = json.loads(body, parse_float=Decimal)
    return value


def typed_record(catalog: Catalog, form: str, changes: Mapping[str, Json]) -> Record:
    """Returns changes that came as JSON in the types that records hold.

    A nested record of another collection is written ``{"$ref": ["contacts", 123]}``.
    """
    shape = catalog.records[form]
    return {
        name: _typed(catalog, shape[name], value) if name in shape else writable(value)
        for name, value in changes.items()
    }


def writable(value: object) -> object:
    """Returns a value as it is, but for integers too large for the JSON writer."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST:
        return Decimal(value)
    if isinstance(value, Ref):
        return value
    if isinstance(value, list):
        return [writable(item) for item in value]
    if isinstance(value, dict):
        return {name: writable(item) for name, item in value.items()}
    return value


def _typed(catalog: Catalog, field: Field, value: Json) -> object:
    if isinstance(value, list):
        return [_typed(catalog, field, item) for item in value]
    if isinstance(value, dict):
        ref = value.get("$ref")
        if isinstance(ref, list) and len(ref) == 2 and isinstance(ref[1], int | str):
            return Ref(str(ref[0]), ref[1])
        return typed_record(catalog, field.record, value) if field.record else writable(value)
    if field.type == "number" and isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if field.type == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    if field.type == "timestamp" and isinstance(value, str):
        return datetime.fromisoformat(value)
    return writable(value)
