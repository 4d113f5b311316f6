"""Invented declarations: any tree of fields that Clio's two levels of nesting allow."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from hypothesis import strategies as st

from clio_source.collection import Collection, Field, List, Object, Scalar
from clio_source.fields import SCALAR_TYPES, ScalarType

# None with a double underscore, which is how a column shows its nesting, or with a key column's name.
NAMES = st.sampled_from(
    ["a", "b", "c", "d", "e", "name", "total", "state", "due_at", "rate_2", "client", "lines", "line_items"]
)
ONLY_ID = Object({"id": Scalar("integer")})
UPDATED = {"updated_at": Scalar("timestamp")}


@st.composite
def scalars(draw: st.DrawFn) -> Scalar:
    kind = draw(st.sampled_from(SCALAR_TYPES))
    values = draw(st.sampled_from([(), (), ("new", "used", "grün")])) if kind == "text" else ()
    return Scalar(cast("ScalarType", kind), values)


def mappings(fields: st.SearchStrategy[Field], *, most: int = 4) -> st.SearchStrategy[Object]:
    """Objects of such fields, with an id or without."""
    with_id = st.sampled_from([{}, {"id": Scalar("integer")}, {"id": Scalar("integer", nullable=True)}])
    return st.builds(
        lambda first, rest: Object(MappingProxyType(first | rest)),
        with_id,
        st.dictionaries(NAMES, fields, min_size=1, max_size=most),
    )


def inner() -> st.SearchStrategy[Field]:
    """Fields of a nested record: what is nested deeper can only be asked for bare."""
    return st.one_of(
        scalars(), scalars(), st.just(ONLY_ID), st.just(List(ONLY_ID)), st.builds(List, scalars())
    )


def outer() -> st.SearchStrategy[Field]:
    nested = mappings(inner())
    return st.one_of(scalars(), scalars(), nested, st.builds(List, nested), st.builds(List, scalars()))


@st.composite
def records(draw: st.DrawFn) -> Object:
    """The fields of a collection, keyed by a number or by a text."""
    key: Mapping[str, Field] = {"id": Scalar(draw(st.sampled_from(["integer", "integer", "text"])))}
    more = draw(st.dictionaries(NAMES, outer(), max_size=6))
    return Object(MappingProxyType({**key, **more, **UPDATED}))


@st.composite
def collections(draw: st.DrawFn) -> Collection:
    """Collections of every kind: with a cursor, replaced as a whole, by region, below a parent."""
    parts: tuple[Mapping[str, str], ...] = ({"region": "London"}, {"region": "Non-London"})
    kinds: tuple[dict[str, Any], ...] = (
        {},
        {"cursor": None, "why": "none here"},
        {"cursor": None, "why": "none here", "parts": parts},
        {"read_per": "parents"},
        {"cursor": None, "why": "none here", "read_per": "parents"},
    )
    kind = draw(st.sampled_from(kinds))
    return Collection(name="works", path="works", record="Work", fields=draw(records()), **kind)
