"""Clio's endpoints, parameters and record shapes, as typed values.

Read from ``catalog.json``, which ``compile.py`` makes of Clio's published specification.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

Json = dict[str, Any]

_SCALARS = ("string", "integer", "number", "boolean", "date", "timestamp")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: a scalar (lists of scalars included), a nested record or a list of them."""

    name: str
    kind: Literal["scalar", "object", "list"]
    type: str = ""
    record: str | None = None
    """The nested record's name; None where the specification does not tell its shape."""
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter."""

    name: str
    type: str
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One readable path: ``bills``, ``bills/{id}``, ``contacts/{contact_id}/email_addresses``."""

    path: str
    record: str
    many: bool
    area: str
    parameters: Mapping[str, Parameter]
    required: tuple[str, ...]
    max_limit: int | None
    orders: tuple[str, ...] | None
    default_order: str | None

    @property
    def is_show(self) -> bool:
        """True for one record by its id."""
        return not self.many and self.path.endswith("/{id}")

    @property
    def collection(self) -> str:
        """Where the firm keeps these records."""
        if self.path == "users/who_am_i":
            return "users"
        return self.path.removesuffix("/{id}").removesuffix("/ids")


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every readable endpoint and every record shape of Clio Manage API v4."""

    endpoints: Mapping[str, Endpoint]
    records: Mapping[str, Mapping[str, Field]]

    @classmethod
    def load(cls) -> "Catalog":
        """Returns the catalog that comes with the package."""
        text = resources.files(__package__).joinpath("catalog.json").read_text(encoding="utf-8")
        raw = json.loads(text)
        endpoints = {path: _endpoint(path, value) for path, value in raw["endpoints"].items()}
        records = {name: _record(value) for name, value in raw["records"].items()}
        return cls(endpoints, records)

    def match(self, path: str) -> tuple[Endpoint, list[str]] | None:
        """Returns the endpoint that serves a path, with the ids found in it."""
        if path in self.endpoints:
            endpoint = self.endpoints[path]
            return None if "{" in path else (endpoint, [])
        parts = path.split("/")
        for endpoint in self.endpoints.values():
            ids = _ids_in(endpoint.path.split("/"), parts)
            if ids:
                return endpoint, ids
        return None

    def list_of(self, collection: str) -> Endpoint:
        """Returns the endpoint whose records a collection holds, the list if there is one."""
        found = self.endpoints.get(collection) or self.endpoints.get(f"{collection}/{{id}}")
        if found is None:
            raise KeyError(
                f"{collection} is not a collection of Clio; known: {', '.join(sorted(self.endpoints))}"
            )
        return found


def _ids_in(template: list[str], parts: list[str]) -> list[str] | None:
    if len(template) != len(parts):
        return None
    ids = []
    for expected, part in zip(template, parts, strict=True):
        if expected.startswith("{"):
            ids.append(part)
        elif expected != part:
            return None
    return ids


def _endpoint(path: str, raw: Json) -> Endpoint:
    return Endpoint(
        path=path,
        record=raw["record"],
        many=raw["many"],
        area=raw["area"],
        parameters={
            name: Parameter(name, value["type"], tuple(value.get("enum", ())))
            for name, value in raw["parameters"].items()
        },
        required=tuple(raw["required"]),
        max_limit=raw["max_limit"],
        orders=tuple(raw["orders"]) if raw["orders"] else None,
        default_order=raw["default_order"],
    )


def _record(raw: Json) -> dict[str, Field]:
    return {name: _field(name, kind) for name, kind in raw.items()}


def _field(name: str, kind: str | Json) -> Field:
    if isinstance(kind, str):
        return Field(name, "scalar", kind)
    if "enum" in kind:
        return Field(name, "scalar", "string", enum=tuple(kind["enum"]))
    if "object" in kind:
        return Field(name, "object", record=kind["object"])
    if kind["list"] in _SCALARS:
        return Field(name, "scalar", kind["list"])
    return Field(name, "list", record=kind["list"])
