"""Reads Clio's published OpenAPI file: what its list endpoints take and what their records hold.

Only what the declarations are held against is read, and it is read here alone. ``$ref`` and ``allOf`` are
followed; limits and default orders stand in Clio's descriptions and are taken from there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import orjson

Json = Mapping[str, "JsonValue"]
JsonValue = str | int | float | bool | None | Json | list["JsonValue"]

_SCALARS = {
    ("integer", None): "integer",
    ("number", None): "number",
    ("boolean", None): "boolean",
    ("string", None): "text",
    ("string", "date"): "date",
    ("string", "date-time"): "timestamp",
}


class SpecificationError(ValueError):
    """A file that is no OpenAPI description of Clio; the message says what to do."""


@dataclass(frozen=True)
class SpecScalar:
    """A field with one value; ``values`` are the texts it may have, none means any."""

    type: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class SpecRecord:
    """A record or nested object. ``name`` is Clio's schema name, "" where the shape is not told."""

    name: str
    _schema: Json
    _specification: "Specification"

    @cached_property
    def fields(self) -> Mapping[str, "SpecField"]:
        """The record's fields, read when asked for: records refer to each other without end."""
        properties = self._specification.properties(self._schema)
        return {name: self._specification.field(schema) for name, schema in properties.items()}


@dataclass(frozen=True)
class SpecList:
    """A nested list."""

    item: SpecRecord | SpecScalar


SpecField = SpecScalar | SpecRecord | SpecList


@dataclass(frozen=True)
class SpecParameter:
    """A query parameter; ``values`` are the texts it takes, none means any."""

    name: str
    required: bool
    values: tuple[str, ...]
    description: str

    @property
    def largest(self) -> int | None:
        """The upper end of "between 1 and 200", as Clio describes `limit`."""
        found = re.search(r"between \d+ and (\d+)", self.description)
        return int(found[1]) if found else None

    @property
    def default(self) -> str | None:
        """The default in "Default: `id(asc)`", as Clio describes `order`."""
        found = re.search(r"Default: `([^`]+)`", self.description)
        return found[1] if found else None


@dataclass(frozen=True)
class SpecEndpoint:
    """A list endpoint: its path as declarations write it, its record, its query parameters."""

    path: str
    record: SpecRecord
    parameters: Mapping[str, SpecParameter]


class Specification:
    """Clio's specification, as far as it concerns reading lists."""

    def __init__(self, root: Json) -> None:
        self._root = root

    @cached_property
    def lists(self) -> Mapping[str, SpecEndpoint]:
        """Every endpoint that lists records, by path (without ``.json``)."""
        return {endpoint.path: endpoint for endpoint in self._iter_lists()}

    @cached_property
    def listed_records(self) -> frozenset[str]:
        """Names of the records that some endpoint lists: collections of their own."""
        return frozenset(base_name(endpoint.record.name) for endpoint in self.lists.values())

    def properties(self, schema: Json) -> dict[str, Json]:
        """The properties of a schema and of all it is made of."""
        resolved = self.resolved(schema)
        found = {name: _mapping(value) for name, value in _mapping(resolved.get("properties")).items()}
        for part in _items(resolved.get("allOf")):
            found |= self.properties(part)  # a later part is the more exact one
        return found

    def field(self, schema: Json) -> SpecField:
        """What a field holds: a value, an object or a list."""
        resolved = self.resolved(schema)
        if resolved.get("type") == "array":
            item = self.field(_mapping(resolved.get("items")))
            return SpecList(SpecRecord("", {}, self) if isinstance(item, SpecList) else item)
        if resolved.get("type") == "object" or "allOf" in resolved or "properties" in resolved:
            return self._record(schema)
        return _scalar(resolved)

    def resolved(self, schema: Json) -> Json:
        """The schema that a chain of references ends in."""
        while "$ref" in schema:
            target = self._root
            for key in str(schema["$ref"]).removeprefix("#/").split("/"):
                if key not in target:
                    raise SpecificationError(f"the reference {schema['$ref']} leads nowhere")
                target = _mapping(target[key])
            schema = target
        return schema

    def _iter_lists(self) -> Iterator[SpecEndpoint]:
        for path, operations in _mapping(self._root.get("paths")).items():
            operation = _mapping(_mapping(operations).get("get"))
            reply = self._reply(operation)
            parameters = self._query_parameters(operation, path)
            if reply is None:
                continue
            data = self.properties(reply).get("data", reply)
            resolved = self.resolved(data)
            # A few endpoints are described as if they gave one record, although they page.
            if resolved.get("type") == "array" or "page_token" in parameters:
                record = self._record(_mapping(resolved["items"]) if "items" in resolved else data)
                yield SpecEndpoint(path.removeprefix("/").removesuffix(".json"), record, parameters)

    def _reply(self, operation: Json) -> Json | None:
        answer = self.resolved(_mapping(_mapping(operation.get("responses")).get("200")))
        for content in _mapping(answer.get("content")).values():
            return _mapping(_mapping(content).get("schema"))
        return None

    def _record(self, schema: Json) -> SpecRecord:
        return SpecRecord(str(schema.get("$ref", "")).rsplit("/", 1)[-1], schema, self)

    def _query_parameters(self, operation: Json, path: str) -> dict[str, SpecParameter]:
        found = [self.resolved(p) for p in _items(operation.get("parameters"))]
        return {
            str(p["name"]): self._parameter(p)
            for p in found
            # documents/{id}/versions names its path parameter a second time, as one of the query.
            if p.get("in") == "query" and f"{{{p['name']}}}" not in path
        }

    def _parameter(self, parameter: Json) -> SpecParameter:
        schema = self.resolved(_mapping(parameter.get("schema")))
        values = _scalar(self.resolved(_mapping(schema.get("items", schema)))).values
        description = str(parameter.get("description", ""))
        return SpecParameter(str(parameter["name"]), bool(parameter.get("required")), values, description)


def read_specification(path: Path) -> Specification:
    """Reads an OpenAPI file; raises SpecificationError if it is none, OSError if it cannot be read."""
    try:
        root = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise SpecificationError(f"it is not JSON: {error}") from error
    if not isinstance(root, dict) or not isinstance(root.get("paths"), dict):
        raise SpecificationError("it has no `paths`, so it is not an OpenAPI description")
    specification = Specification(cast("Json", root))
    if not specification.lists:
        raise SpecificationError("none of its paths lists records, so it is not Clio's")
    return specification


def base_name(name: str) -> str:
    """``Task`` for Clio's ``Task``, ``Task_base`` and ``Activity_Task_base``: one record, cut differently."""
    return name.removesuffix("_base").rsplit("_", 1)[-1]


def _scalar(schema: Json) -> SpecScalar:
    kind, form = str(schema.get("type", "string")), schema.get("format")
    type_ = _SCALARS.get((kind, cast("str | None", form))) or _SCALARS.get((kind, None)) or "text"
    values = schema.get("enum")
    return SpecScalar(type_, tuple(str(v) for v in values) if isinstance(values, list) else ())


def _mapping(value: JsonValue) -> Json:
    return value if isinstance(value, Mapping) else {}


def _items(value: JsonValue) -> list[Json]:
    return [_mapping(item) for item in value] if isinstance(value, list) else []
