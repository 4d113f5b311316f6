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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

import yaml

from .fields import DeclarationError, Field, List, Object, Scalar, entries, read_field, render_fields, wrong

__all__ = [
    "Collection",
    "DeclarationError",
    "Field",
    "List",
    "Object",
    "Scalar",
    "load_collections",
    "render_fields",
]

DEFAULT_LIMIT = 200  # Clio: `limit` ranges from 1 to 200 on most endpoints, and 200 is the default
CURSOR_ORDER = "id(asc)"  # Clio pages without end in this order only; others stop at 10,000 records

# The column that names the list a row came with, where a list is only ever replaced as a whole.
WHOLE_LIST = "_clio_list"

_REFUSED_FIELD = re.compile(r"[`'\"]?\b(?P<name>[a-z_]\w*)(?P<brace>\}?)[`'\"]? is not a valid field")

_DIRECTORY = Path(__file__).parent / "collections"


@dataclass(frozen=True, eq=False)
class Collection:
    """One declared collection.

    ``parts`` are the parameters of the lists that make up the collection: one empty mapping for most,
    one mapping per ``type`` for notes, which Clio lists only by type. What reports need is read ``early`` in
    a first load. ``gone`` tells how Clio shows that a
    record is gone: a column whose value gives the reason, ``state: [void, deleted]``, or one that says so by
    being set, ``voided_at: voided``. ``part_of`` names the collection that has these records with all their
    fields: here they only show which of them a filter finds.
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
    early: bool = False
    read_per: str | None = None
    part_of: str | None = None
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    bare: frozenset[str] = frozenset()
    left_out: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    gone: Mapping[str, str | list[str]] = field(default_factory=lambda: MappingProxyType({}))
    statement: str = ""
    start_date: str | None = None
    where: Any = None

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

    def without(self, path: str) -> "Collection":
        """Returns the collection without a field, `memo`, or that of a nested record, `matter.number`."""
        name, _, nested = path.partition(".")
        fields = dict(self.fields.fields)
        declared = fields.pop(name)
        if nested:
            item = declared.item if isinstance(declared, List) else declared
            rest = Object({k: f for k, f in cast("Object", item).fields.items() if k != nested})
            fields[name] = List(rest) if isinstance(declared, List) else rest
        return replace(self, fields=Object({k: fields[k] for k in self.fields.fields if k in fields}))

    def find_refused(self, reason: str) -> str | None:
        """Returns the path of the declared field that a refusal of Clio names, if it names one.

        Clio writes "`memo` is not a valid field"; of the last field in braces "`number} is not …`".
        """
        found = _REFUSED_FIELD.search(reason)
        if found is None or found["name"] == "id":
            return None
        name, in_braces = found["name"], found["brace"] == "}"
        nested = [
            f"{outer}.{name}"
            for outer, declared in self.fields
            for item in [declared.item if isinstance(declared, List) else declared]
            if isinstance(item, Object) and name in item.fields
        ]
        own = [name] if name in self.fields.fields else []
        return next(iter(nested + own if in_braces else own + nested), None)

    @property
    def fields_parameter(self) -> str:
        """The value of Clio's ``fields`` parameter."""
        return render_fields(self.fields, self.bare)


@cache
def load_collections(directory: Path = _DIRECTORY) -> Mapping[str, Collection]:
    """Reads every declaration; raises DeclarationError at the first that is wrong."""
    found: dict[str, Collection] = {}
    for file in sorted(directory.glob("*.yaml")):
        for name, node in entries(_compose(file), file):
            if name in found:
                raise wrong(node, file, f"`{name}` is declared twice", "keep one of them")
            found[name] = _read_collection(name, node, file)
    for collection in found.values():
        for key, named in (("read_per", collection.read_per), ("part_of", collection.part_of)):
            if named and named not in found:
                what = "the parent records" if key == "read_per" else "all fields of these records"
                raise DeclarationError(
                    f"{collection.name}: `{key}` names {named}, which is not a collection; "
                    f"name the collection that has {what}."
                )
    return MappingProxyType(found)


def _compose(file: Path) -> yaml.Node | None:
    try:
        root: yaml.Node | None = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DeclarationError(f"{file.name}, line {line}: not YAML; {error.problem}.") from None
    return root


# The keys of a declaration, and what each may hold.
_KEYS: Mapping[str, Callable[[Any], bool]] = {
    "about": lambda value: isinstance(value, str),
    "path": lambda value: isinstance(value, str),
    "record": lambda value: isinstance(value, str),
    "area": lambda value: isinstance(value, str),
    "early": lambda value: isinstance(value, bool),
    "read_per": lambda value: isinstance(value, str),
    "part_of": lambda value: isinstance(value, str),
    "types": lambda value: isinstance(value, list),
    "regions": lambda value: isinstance(value, list),
    "cursor": lambda value: value in ("updated_at", None),
    "why": lambda value: isinstance(value, str),
    "limit": lambda value: isinstance(value, int) and value > 0,
    "order": lambda value: value == "none",
    "parameters": lambda value: isinstance(value, dict),
    "bare": lambda value: isinstance(value, list),
    "left_out": lambda value: isinstance(value, dict),
    "gone": lambda value: isinstance(value, dict),
    "fields": lambda value: isinstance(value, dict),
}


def _read_collection(name: str, node: yaml.Node, file: Path) -> Collection:
    nodes = dict(entries(node, file))
    plain: dict[str, Any] = {}
    for key, value in nodes.items():
        if key not in _KEYS:
            raise wrong(value, file, f"`{key}` of {name} is not known", f"use one of {', '.join(_KEYS)}")
        plain[key] = yaml.safe_load(yaml.serialize(value))
        if not _KEYS[key](plain[key]):
            raise wrong(value, file, f"`{key}` of {name} cannot be {plain[key]!r}", "see CONTRIBUTING.md")
    if "fields" not in nodes:
        raise wrong(node, file, f"{name} has no `fields`", "list the fields that Clio gives it")
    fields = cast("Object", read_field(nodes["fields"], file))
    _check(name, fields, plain, nodes, file)
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
        early=plain.get("early", False),
        read_per=plain.get("read_per"),
        part_of=plain.get("part_of"),
        parameters=MappingProxyType({k: str(v).lower() for k, v in plain.get("parameters", {}).items()}),
        bare=frozenset(plain.get("bare", ())),
        left_out=MappingProxyType(plain.get("left_out", {})),
        gone=MappingProxyType(plain.get("gone", {})),
    )


def _check(
    name: str, fields: Object, plain: Mapping[str, Any], nodes: Mapping[str, yaml.Node], file: Path
) -> None:
    """Refuses what each key allows but all together do not."""
    if "id" not in fields.fields:
        raise wrong(nodes["fields"], file, f"{name} has no field `id`", "every collection is keyed by id")
    if plain.get("cursor", "") is None and not plain.get("why"):
        raise wrong(nodes["cursor"], file, f"{name} has no cursor", "say in `why` what Clio does not offer")
    if plain.get("cursor", "updated_at") and "updated_at" not in fields.fields:
        remedy = "say `cursor: null` and `why`"
        raise wrong(nodes["fields"], file, f"{name} has no field `updated_at` for its cursor", remedy)
    for key in ("bare", "gone"):
        for field_name in plain.get(key, ()):
            if field_name not in fields.fields:
                what = f"`{key}` of {name} names {field_name}, which is no field"
                raise wrong(nodes[key], file, what, "name a field of the collection")


def _parts(plain: Mapping[str, list[str]]) -> tuple[Mapping[str, str], ...]:
    for key, parameter in (("types", "type"), ("regions", "region")):
        if key in plain:
            return tuple(MappingProxyType({parameter: value}) for value in plain[key])
    return (MappingProxyType({}),)


def _singular(plural: str) -> str:
    return plural[:-3] + "y" if plural.endswith("ies") else plural.removesuffix("s")


def _camel_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
