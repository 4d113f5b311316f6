"""The fields of a declaration: how they are written, checked, and asked of Clio.

::

    id: integer
    state: draft | awaiting_payment | paid            a text with known values
    client: {id: integer, name: text}                 a nested object
    matters: [{id: integer, display_number: text}]    a nested list

are asked for as ``id,state,client{id,name},matters{id,display_number}``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast, get_args

import yaml

ScalarType = Literal["integer", "text", "boolean", "money", "number", "date", "timestamp"]
SCALAR_TYPES: tuple[str, ...] = get_args(ScalarType)


class DeclarationError(ValueError):
    """A declaration that cannot be read; the message names its file, line and remedy."""


@dataclass(frozen=True)
class Scalar:
    """One column. ``values`` are the texts that Clio documents; none means any."""

    type: ScalarType
    values: tuple[str, ...] = ()
    nullable: bool = False


@dataclass(frozen=True)
class Object:
    """A record or a nested object: names to fields, in the order of the declaration."""

    fields: Mapping[str, "Field"]

    def __iter__(self) -> Iterator[tuple[str, "Field"]]:
        return iter(self.fields.items())


@dataclass(frozen=True)
class List:
    """A nested list of objects or of scalars: a table of its own."""

    item: "Object | Scalar"


Field = Scalar | Object | List


def render_fields(fields: Object, bare: frozenset[str] = frozenset()) -> str:
    """Returns Clio's ``fields`` parameter for the declared fields.

    ``{id, client: {id, name}, matters: [{id}]}`` becomes ``id,client{id,name},matters{id}``. Clio takes
    one level of braces; what is nested deeper is named bare and comes with its own default fields.
    """
    return ",".join(_render_field(name, f, name in bare) for name, f in fields)


def _render_field(name: str, declared: Field, bare: bool) -> str:
    nested = declared.item if isinstance(declared, List) else declared
    if isinstance(nested, Scalar) or bare:
        return name
    return name + "{" + ",".join(nested.fields) + "}"


def read_field(node: yaml.Node, file: Path, depth: int = 0) -> Field:
    """Returns the field that a node of a declaration describes; raises DeclarationError."""
    if isinstance(node, yaml.MappingNode):
        fields = {name: read_field(n, file, depth + 1) for name, n in entries(node, file)}
        if depth > 1 and list(fields) != ["id"]:
            remedy = "keep `id` only: Clio takes one level of braces, and answers what is deeper with its id"
            raise wrong(node, file, "fields of an object nested twice", remedy)
        return Object(MappingProxyType(fields))
    if isinstance(node, yaml.SequenceNode):
        if len(node.value) != 1:
            raise wrong(node, file, "a list has one element", "describe one row of the nested list")
        item = read_field(node.value[0], file, depth)
        if isinstance(item, List):
            raise wrong(node, file, "a list of lists", "Clio has none; describe the inner list")
        return List(item)
    return _read_scalar(node, file)


def _read_scalar(node: yaml.Node, file: Path) -> Scalar:
    text = str(node.value)
    nullable = text.endswith("?")
    text = text.removesuffix("?")
    if "|" in text:
        return Scalar("text", tuple(value.strip() for value in text.split("|")), nullable)
    if text not in SCALAR_TYPES:
        remedy = f"use one of {', '.join(SCALAR_TYPES)}, or `one | other` for a text with known values"
        raise wrong(node, file, f"`{text}` is not a type", remedy)
    return Scalar(cast("ScalarType", text), (), nullable)


def entries(node: yaml.Node | None, file: Path) -> list[tuple[str, yaml.Node]]:
    """Returns the names and nodes of a mapping; raises DeclarationError where a name stands twice."""
    if not isinstance(node, yaml.MappingNode):
        raise wrong(node, file, "not a mapping", "write `name: …` entries")
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if key.value in found:
            raise wrong(key, file, f"`{key.value}` is declared twice", "keep one of them")
        found[key.value] = value
    return list(found.items())


def wrong(node: yaml.Node | None, file: Path, what: str, remedy: str) -> DeclarationError:
    """Returns the error for a node: file, line, what is wrong, what to do."""
    line = node.start_mark.line + 1 if node else 1
    return DeclarationError(f"{file.name}, line {line}: {what}; {remedy}.")
