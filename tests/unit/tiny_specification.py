"""A tiny specification of an API like Clio's, and the declarations of what it lists."""

from typing import Any

import orjson

from clio_source.drift import NOT_LOADED

Json = dict[str, Any]

DECLARATIONS = """\
widgets:
  about: What the firm makes.
  area: Widgets
  cursor: updated_at
  bare: [maker]
  left_out:
    secret: a secret
    crate.key: a secret
  fields:
    id: integer
    name: text
    state: new | used
    price: money
    made_on: date
    updated_at: timestamp
    crate: {id: integer, colour: text, lid: {id: integer}}
    maker: {id: integer}
    gadget: {id: integer, name: text}
    tags: [text]
    labels: [{id: integer, text: text}]

gadgets:
  about: What goes into them.
  area: Widgets
  types: [Small, Large]
  cursor: null
  why: no updated_since
  order: none
  fields:
    id: integer
    name: text
    updated_at: timestamp

widgets_parts:
  about: Parts of one widget.
  area: Widgets
  path: widgets/{widget_id}/parts
  read_per: widgets
  cursor: null
  why: no updated_since
  order: none
  fields:
    id: integer
"""

INTEGER: Json = {"type": "integer", "format": "int64"}
TEXT: Json = {"type": "string"}
TIMESTAMP: Json = {"type": "string", "format": "date-time"}


def specification() -> Json:
    """A fresh copy: a Widget with everything that can drift, a Gadget listed by type, parts of a widget."""
    widget = [
        query("fields"),
        query("limit", description="between 1 and 200. Default: `200`."),
        order("id(asc)"),
        query("updated_since"),
    ]
    kinds = query("type", required=True, schema={"type": "string", "enum": ["Small", "Large"]})
    parts = [
        query("fields"),
        query("limit", description="between 1 and 200"),
        query("widget_id", required=True),
    ]
    widget_base = {
        "id": INTEGER,
        "name": TEXT,
        "state": {"type": "string", "enum": ["new", "used"]},
        "price": {"type": "number", "format": "double"},
        "made_on": {"type": "string", "format": "date"},
        "updated_at": TIMESTAMP,
        "secret": TEXT,
    }
    nested: Json = {
        "crate": reference("Crate_base"),
        "maker": {"type": "object"},
        "gadget": reference("Gadget_base"),
        "tags": {"type": "array", "items": TEXT},
        "labels": {"type": "array", "items": reference("Label_base")},
    }
    root: Json = {
        "paths": {
            "/widgets.json": listing("Widget", widget),
            "/gadgets.json": listing("Gadget_base", [*widget[:2], kinds]),
            "/widgets/{widget_id}/parts.json": listing("Part_base", parts),
            **{f"/{path}.json": listing("Part_base", [query("fields")]) for path in NOT_LOADED},
        },
        "components": {
            "schemas": {
                "Widget_base": properties(widget_base),
                "Widget": {"allOf": [reference("Widget_base"), properties(nested)]},
                "Crate_base": properties(
                    {"id": INTEGER, "colour": TEXT, "key": TEXT, "lid": reference("Lid_base")}
                ),
                "Lid_base": properties({"id": INTEGER, "size": INTEGER}),
                "Gadget_base": properties({"id": INTEGER, "name": TEXT, "updated_at": TIMESTAMP}),
                "Label_base": properties({"id": INTEGER, "text": TEXT}),
                "Part_base": properties({"id": INTEGER}),
            }
        },
    }
    fresh: Json = orjson.loads(orjson.dumps(root))
    return fresh


def gizmos(root: Json) -> Json:
    return {"/gizmos.json": root["paths"]["/gadgets.json"]}


def listing(record: str, parameters: list[Json]) -> Json:
    data = {"type": "array", "items": reference(record)}
    content = {"application/json; charset=utf-8": {"schema": properties({"data": data})}}
    return {"get": {"parameters": parameters, "responses": {"200": {"content": content}}}}


def query(name: str, required: bool = False, description: str = "", schema: Json = TEXT) -> Json:
    return {"name": name, "in": "query", "required": required, "description": description, "schema": schema}


def order(default: str) -> Json:
    values = [default, default.replace("asc", "desc")]
    schema = {"type": "string", "enum": values}
    return query("order", description=f"Default: `{default}`.", schema=schema)


def reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def properties(fields: Json) -> Json:
    return {"type": "object", "properties": fields}
