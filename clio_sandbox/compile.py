"""Compile Clio's published OpenAPI file into the table that the sandbox obeys.

The table (``catalog.json``) holds names, types, parameters and limits only, none of Clio's prose::

    python -m clio_sandbox.compile openapi.json > clio_sandbox/catalog.json

Shape of the table::

    {"endpoints": {"bills": {"record": "Bill", "many": true, "area": "Bills",
                             "parameters": {"state": {"type": "string", "enum": ["draft", "..."]}},
                             "required": [], "max_limit": 200, "orders": ["id(asc)"],
                             "default_order": "id(asc)"}},
     "records": {"Bill": {"id": "integer", "client": {"object": "Contact"}, "matters": {"list": "Matter"}}}}

An endpoint without ``order`` in the specification has ``"orders": null``; one without ``limit`` has
``"max_limit": null``. A record's field is a scalar type, ``{"enum": [...]}``, ``{"object": record}``,
``{"list": record}`` or ``{"list": scalar type}``. A field whose nested record has no known shape is
``{"object": null}``.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SCALARS = {
    ("string", "date"): "date",
    ("string", "date-time"): "timestamp",
    ("integer", None): "integer",
    ("number", None): "number",
    ("boolean", None): "boolean",
    ("string", None): "string",
}


def main() -> None:
    specification = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    json.dump(compile_catalog(specification), sys.stdout, indent=1, sort_keys=True)
    print()


def compile_catalog(specification: Json) -> Json:
    """Returns the catalog of every readable endpoint of an OpenAPI document."""
    return _Compiler(specification).catalog()


class _Compiler:
    def __init__(self, specification: Json) -> None:
        self._root = specification
        self._records: Json = {}

    def catalog(self) -> Json:
        endpoints = {}
        for path, operations in sorted(self._root["paths"].items()):
            if "get" in operations:
                endpoint = self._endpoint(path, operations["get"])
                if endpoint:
                    endpoints[path.removeprefix("/").removesuffix(".json")] = endpoint
        return {"endpoints": endpoints, "records": self._records}

    def _endpoint(self, path: str, operation: Json) -> Json | None:
        reply = self._reply(operation)
        if not reply:
            return None
        data = self._properties(reply).get("data", reply)
        parameters = [self._resolved(p) for p in operation.get("parameters", [])]
        in_query = {
            p["name"]: p
            for p in parameters
            # One path parameter is documented as if it stood in the query: documents/{id}/versions.
            if p["in"] == "query" and "{" + p["name"] + "}" not in path
        }
        limit, order = in_query.get("limit"), in_query.get("order")
        orders = _enum(order) if order else None
        default_order = order and _quoted_default(order)
        return {
            "record": self._record(data.get("items", data)),
            # A few list endpoints are typed as one record although they page.
            "many": data.get("type") == "array" or "page_token" in in_query,
            "area": operation["tags"][0],
            "parameters": {name: self._parameter(p) for name, p in in_query.items()},
            "required": [name for name, p in in_query.items() if p.get("required")],
            "max_limit": _largest_limit(limit) if limit else None,
            "orders": orders or ([default_order] if default_order else None),
            "default_order": default_order,
        }

    def _reply(self, operation: Json) -> Json | None:
        answer = self._resolved(operation["responses"].get("200", {}))
        for content in answer.get("content", {}).values():
            schema: Json | None = content.get("schema")
            return schema
        return None

    def _parameter(self, parameter: Json) -> Json:
        schema = self._resolved(parameter.get("schema", {}))
        items = self._resolved(schema.get("items", schema))
        kind: Json = {"type": _scalar(items)}
        if "enum" in items:
            kind["enum"] = items["enum"]
        return kind

    def _record(self, schema: Json) -> str | None:
        """Registers the record behind a schema; returns its name, or None for a shape not told."""
        name: str = schema.get("$ref", "").rsplit("/", 1)[-1]
        if not name:
            return None
        if name not in self._records:
            self._records[name] = {}  # before its fields: records refer to each other
            fields = self._properties(schema)
            self._records[name] = {k: self._field(v) for k, v in sorted(fields.items())}
        return name if self._properties(schema) else None

    def _field(self, schema: Json) -> Any:
        if "$ref" in schema and self._properties(schema):
            return {"object": self._record(schema)}
        resolved = self._resolved(schema)
        if resolved.get("type") == "array":
            items = resolved["items"]
            if "$ref" in items or items.get("type") == "object":
                return {"list": self._record(items)}
            return {"list": _scalar(items)}
        if resolved.get("type") == "object" or "$ref" in schema:
            return {"object": None}
        if "enum" in resolved:
            return {"enum": resolved["enum"]}
        return _scalar(resolved)

    def _properties(self, schema: Json) -> Json:
        resolved = self._resolved(schema)
        found = dict(resolved.get("properties", {}))
        for part in resolved.get("allOf", []):
            found |= self._properties(part)  # a later part is the more exact one
        return found

    def _resolved(self, schema: Json) -> Json:
        while "$ref" in schema:
            target = self._root
            for key in schema["$ref"].removeprefix("#/").split("/"):
                target = target[key]
            schema = target
        return schema


def _scalar(schema: Json) -> str:
    kind, form = schema.get("type", "string"), schema.get("format")
    return SCALARS.get((kind, form)) or SCALARS.get((kind, None)) or "string"


def _enum(parameter: Json) -> list[str] | None:
    values: list[str] | None = parameter["schema"].get("enum")
    return values


def _largest_limit(parameter: Json) -> int | None:
    found = re.search(r"between \d+ and (\d+)", parameter.get("description", ""))
    return int(found[1]) if found else None


def _quoted_default(parameter: Json) -> str | None:
    found = re.search(r"Default: `([^`]+)`", parameter.get("description", ""))
    return found[1] if found else None


if __name__ == "__main__":
    main()
