"""What we ask of Clio: one declaration per collection, shaped like Clio's reply.

A declaration in ``collections/*.yaml`` is all there is to know about a collection. From it come the
``fields`` parameter, the Arrow types, the tables and columns, and the documentation::

    bills:
      about: Every bill, with its totals and state.
      area: Billing
      cursor: updated_at
      fields:
        id: integer
        state: draft | awaiting_payment | paid
        total: money
        client: {id: integer, name: text}
        matters: [{id: integer, display_number: text}]

A mapping is a nested object (columns ``client__id``), a one-element sequence a nested list (a table
``bills__matters``). A wrong declaration is refused when it is read, with its file and line.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast, get_args

import yaml

ScalarType = Literal["integer", "text", "boolean", "money", "number", "date", "timestamp"]
SCALAR_TYPES: tuple[str, ...] = get_args(ScalarType)

DEFAULT_LIMIT = 200  # Clio: `limit` ranges from 1 to 200 on most endpoints, and 200 is the default
CURSOR_ORDER = "id(asc)"  # Clio pages without end in this order only; others stop at 10,000 records

# The column that names the list a row came with, where a list is only ever replaced as a whole.
WHOLE_LIST = "_clio_list"

_DIRECTORY = Path(__file__).parent / "collections"


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


@dataclass(frozen=True, eq=False)
class Collection:
    """One declared collection.

    ``parts`` are the parameters of the lists that make up the collection: one empty mapping for most,
    one mapping per ``type`` for notes, which Clio lists only by type.
    """

    name: str
    fields: Object
    about: str = ""
    area: str = ""
    path: str = ""
    record: str = ""
    cursor: Literal["updated_at"] | None = "updated_at"
    why: str = ""
    limit: int = DEFAULT_LIMIT
    order: str | None = CURSOR_ORDER
    parts: tuple[Mapping[str, str], ...] = (MappingProxyType({}),)
    read_per: str | None = None
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    bare: frozenset[str] = frozenset()
    left_out: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def singular(self) -> str:
        """The record's own singular: ``bill`` of bills, ``matter_docket`` of court_rules_matter_dockets."""
        return _singular(_snake_case(self.record))

    @property
    def parent_parameter(self) -> str | None:
        """What the parent's id is called in the path or query, or None for a top-level collection."""
        if self.read_per is None:
            return None
        in_path = re.search(r"\{(\w+)\}", self.path)
        return in_path[1] if in_path else f"{self.parent_singular}_id"

    @property
    def parent_singular(self) -> str:
        return _singular((self.read_per or "").rsplit("_", 1)[-1])

    @property
    def constants(self) -> tuple[str, ...]:
        """Columns that hold what was asked rather than what came: a parent's id, a region."""
        names = [WHOLE_LIST] if self.replaced else [f"{self.parent_singular}_id"] if self.read_per else []
        return (*names, *(name for name in self.parts[0] if name not in self.fields.fields))

    @property
    def key(self) -> tuple[str, ...]:
        """The primary key of the collection's table."""
        return (*(name for name in self.constants if name != WHOLE_LIST), "id")

    @property
    def selected_by_default(self) -> bool:
        """False where reading costs a request per parent record."""
        return self.read_per is None

    @property
    def replaced(self) -> bool:
        """True where every read is the whole truth: without a cursor, what is gone must go."""
        return self.cursor is None and self.read_per is None

    @property
    def merged_by_parent(self) -> bool:
        """True where a parent's rows are replaced together, as there is no cursor to ask for changes."""
        return self.cursor is None and self.read_per is not None

    @property
    def fields_parameter(self) -> str:
        """The value of Clio's ``fields`` parameter."""
        return render_fields(self.fields, self.bare)


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


@cache
def load_collections(directory: Path = _DIRECTORY) -> Mapping[str, Collection]:
    """Reads every declaration; raises DeclarationError at the first that is wrong."""
    found: dict[str, Collection] = {}
    for path in sorted(directory.glob("*.yaml")):
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for name, node in _entries(root, path):
            if name in found:
                raise _wrong(node, path, f"`{name}` is declared twice", "keep one of them")
            found[name] = _read_collection(name, node, path)
    for collection in found.values():
        if collection.read_per and collection.read_per not in found:
            raise DeclarationError(
                f"{collection.name}: read_per names `{collection.read_per}`, which is not a collection."
            )
    return MappingProxyType(found)


_KEYS = (
    "about",
    "path",
    "record",
    "area",
    "read_per",
    "types",
    "regions",
    "cursor",
    "why",
    "limit",
    "order",
    "parameters",
    "bare",
    "left_out",
    "fields",
)


def _read_collection(name: str, node: yaml.Node, file: Path) -> Collection:
    nodes = dict(_entries(node, file))
    for key in nodes:
        if key not in _KEYS:
            raise _wrong(
                nodes[key], file, f"`{key}` of {name} is not known", f"use one of {', '.join(_KEYS)}"
            )
    if "fields" not in nodes:
        raise _wrong(node, file, f"{name} has no `fields`", "list the fields that Clio gives it")
    plain = {key: yaml.safe_load(yaml.serialize(n)) for key, n in nodes.items() if key != "fields"}
    fields = _read_field(nodes["fields"], file)
    if not isinstance(fields, Object) or "id" not in fields.fields:
        raise _wrong(nodes["fields"], file, f"{name} has no field `id`", "every collection is keyed by id")
    if plain.get("cursor", "") is None and not plain.get("why"):
        raise _wrong(nodes["cursor"], file, f"{name} has no cursor", "say in `why` what Clio does not offer")
    path = plain.get("path", name)
    return Collection(
        name=name,
        fields=fields,
        about=plain.get("about", ""),
        area=plain.get("area", ""),
        path=path,
        record=plain.get("record") or _camel_case(_singular(path.rsplit("/", 1)[-1])),
        cursor=plain.get("cursor", "updated_at"),
        why=plain.get("why", ""),
        limit=plain.get("limit", DEFAULT_LIMIT),
        order=None if plain.get("order") == "none" else CURSOR_ORDER,
        parts=_parts(plain),
        read_per=plain.get("read_per"),
        parameters=MappingProxyType({k: str(v).lower() for k, v in plain.get("parameters", {}).items()}),
        bare=frozenset(plain.get("bare", ())),
        left_out=MappingProxyType(plain.get("left_out", {})),
    )


def _parts(plain: Mapping[str, list[str]]) -> tuple[Mapping[str, str], ...]:
    for key, parameter in (("types", "type"), ("regions", "region")):
        if key in plain:
            return tuple(MappingProxyType({parameter: value}) for value in plain[key])
    return (MappingProxyType({}),)


def _read_field(node: yaml.Node, file: Path) -> Field:
    if isinstance(node, yaml.MappingNode):
        return Object(MappingProxyType({name: _read_field(n, file) for name, n in _entries(node, file)}))
    if isinstance(node, yaml.SequenceNode):
        if len(node.value) != 1:
            raise _wrong(node, file, "a list has one element", "describe one row of the nested list")
        item = _read_field(node.value[0], file)
        if isinstance(item, List):
            raise _wrong(node, file, "a list of lists", "Clio has none; describe the inner list")
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
        raise _wrong(node, file, f"`{text}` is not a type", remedy)
    return Scalar(cast("ScalarType", text), (), nullable)


def _entries(node: yaml.Node | None, file: Path) -> Iterator[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(node, file, "not a mapping", "write `name: …` entries")
    for key, value in node.value:
        yield key.value, value


def _wrong(node: yaml.Node | None, file: Path, what: str, remedy: str) -> DeclarationError:
    line = node.start_mark.line + 1 if node else 1
    return DeclarationError(f"{file.name}, line {line}: {what}; {remedy}.")


def _singular(plural: str) -> str:
    return plural[:-3] + "y" if plural.endswith("ies") else plural.removesuffix("s")


def _camel_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
