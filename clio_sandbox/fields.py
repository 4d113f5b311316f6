"""The ``fields`` parameter: Clio's grammar, and the selector that a request makes of it once.

::

    GET /api/v4/bills?fields=id,total,client{id,name},matters

gives ``{"id": 1, "total": 120.50, "client": {"id": 7, "name": ""}, "matters": [{"id": 3, "etag": "…"}]}``:
one brace level only, and what is named bare comes with its default fields, ``id`` and ``etag``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from clio_sandbox.catalog import Catalog, Field
from clio_sandbox.errors import ApiError, bad_argument

Row = dict[str, object]
Requested = list[tuple[str, list[str] | None]]
Rewrite = Callable[[Mapping[str, object], Row], None]
"""Changes a rendered row in place; the first argument is the record it was rendered from."""

DEFAULTS = ("id", "etag")  # Clio, fields page: what a record shows when no fields are named
NESTED_MOST = {"email_addresses": 200, "phone_numbers": 200}  # Clio changelog, 4.0.11


@dataclass(frozen=True, slots=True)
class View:
    """What the server knows when it renders: how to follow a reference, what to hide or rewrite."""

    resolve: Callable[[object], object]
    """Gives the record behind a reference (None if it is gone); any other value as it is."""
    rewrites: Mapping[str, Rewrite]
    """By record name without ``_base``: redaction, units of older API versions."""
    removed: frozenset[str] = frozenset()
    """Fields Clio no longer knows, as ``memo`` or ``client.name``: asking for one is refused."""


def parse_fields(text: str) -> Requested:
    """Returns the names asked for, each with the names in its braces (None when bare)."""
    requested: Requested = []
    rest = text
    while rest:
        found = _ITEM.match(rest)
        if not found:
            raise _not_a_field(_offender(rest))
        name, inner = found[1], found[2]
        if inner is not None and "{" in inner:
            raise _not_a_field(inner.rsplit(",", 1)[-1].rsplit("{", 1)[-1] + "}")
        requested.append((name, None if inner is None else inner.split(",")))
        rest = rest[found.end() + 1 :]
    if not text or text.endswith(","):
        raise _not_a_field("")
    return requested


def every_field(catalog: Catalog, record: str) -> Requested:
    """Returns a request for all that a record has, one level deep."""
    requested: Requested = []
    for name, field in catalog.records[record].items():
        inner = catalog.records[field.record] if field.record else {}
        requested.append((name, list(inner) or None))
    return requested


def compile_fields(
    catalog: Catalog, record: str, requested: Requested | None, view: View
) -> Callable[[object], object]:
    """Returns the function that renders records of a kind; refuses a name the catalog does not have."""
    shape = catalog.records[record]
    if requested is None:
        return _row([name for name in DEFAULTS if name in shape], {}, None)
    nested: dict[str, Callable[[object], object]] = {}
    for name, inner in requested:
        field = _known(shape, name, name, view)
        if field.kind != "scalar":
            nested[name] = _nested(catalog, field, inner, view)
        elif inner is not None:
            raise _not_a_field(f"{name}{{{inner[0]}")
    return _row([name for name, _ in requested], nested, view.rewrites.get(record.removesuffix("_base")))


_ITEM = re.compile(r"([^,{}]+)(?:\{((?:[^{}]|\{[^{}]*\})*)\})?(?=,|$)")


def _nested(
    catalog: Catalog, field: Field, inner: list[str] | None, view: View
) -> Callable[[object], object]:
    if field.record is None and inner is not None:
        raise _not_a_field(f"{inner[-1]}}}")
    shape = catalog.records[field.record] if field.record else {}
    names = [name for name in DEFAULTS if name in shape] if inner is None else inner
    deeper: dict[str, Callable[[object], object]] = {}
    for name in names:
        shown = f"{name}}}" if inner is not None and name == inner[-1] else name
        child = _known(shape, name, shown, view, f"{field.name}.")
        if child.kind != "scalar":
            grandchild = catalog.records[child.record] if child.record else dict.fromkeys(DEFAULTS)
            row = _row(
                [key for key in DEFAULTS if key in grandchild], {}, None, only_present=child.record is None
            )
            deeper[name] = _of(child, row, view)
    rewrite = view.rewrites.get((field.record or "").removesuffix("_base"))
    if field.record is None:
        return _of(field, _row(DEFAULTS, {}, None, only_present=True), view)
    return _of(field, _row(names, deeper, rewrite), view)


def _of(field: Field, row: Callable[[object], object], view: View) -> Callable[[object], object]:
    """Applies a row renderer to one nested record, or to each of a list of them."""
    resolve = view.resolve
    shown: dict[tuple[object, ...], object] = {}  # within one answer a record looks the same everywhere

    def one(value: object) -> object:
        if not isinstance(value, tuple):
            return row(value)
        if value not in shown:
            shown[value] = row(resolve(value))
        return shown[value]

    if field.kind == "object":
        return one
    most = NESTED_MOST.get(field.name)

    def each(value: object) -> object:
        if not isinstance(value, list):
            return value
        records = [resolve(item) for item in value[:most]]
        # A reference to a deleted record leaves the list; a null that was put there on purpose stays.
        return [row(r) for r, item in zip(records, value, strict=False) if r is not None or item is None]

    return each


def _row(
    names: Iterable[str],
    nested: Mapping[str, Callable[[object], object]],
    rewrite: Rewrite | None,
    *,
    only_present: bool = False,
) -> Callable[[object], object]:
    names, parts = tuple(names), tuple(nested.items())

    def row(record: object) -> object:
        if not isinstance(record, dict):
            return record
        get = record.get
        if only_present:
            return {name: get(name) for name in names if name in record}
        shown: Row = {name: get(name) for name in names}
        for name, part in parts:
            shown[name] = part(shown[name])
        if rewrite:
            rewrite(record, shown)
        return shown

    return row


def _known(shape: Mapping[str, Field], name: str, shown: str, view: View, prefix: str = "") -> Field:
    if name not in shape or prefix + name in view.removed:
        raise _not_a_field(shown)
    return shape[name]


def _offender(text: str) -> str:
    """Returns the piece of an ill-formed ``fields`` that Clio would name."""
    return text.split(",", 1)[0].split("{", 1)[-1] or text


def _not_a_field(name: str) -> ApiError:
    return bad_argument(f"{name} is not a valid field")
