"""The `fields` parameter says exactly what is declared, in the grammar that Clio takes."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clio_sandbox.catalog import Catalog
from clio_sandbox.fields import View, compile_fields, parse_fields
from clio_source.collection import Collection, List, Object, Scalar, load_collections, render_fields

from .declarations import records

COLLECTIONS = load_collections()
CATALOG = Catalog.load()

Asked = dict[str, list[str] | None]  # each name with the names in its braces, None when bare


def parse(text: str) -> Asked:
    """Reads `id,client{id,name}`; refuses a second brace level, an empty name and a name said twice."""
    asked: Asked = {}
    rest = text
    while rest:
        item = re.match(r"([a-z0-9_]+)(?:\{([a-z0-9_,]+)\})?(?:,(?=.)|$)", rest)
        assert item, f"not in the grammar: {rest}"
        assert item[1] not in asked
        asked[item[1]] = item[2].split(",") if item[2] else None
        rest = rest[item.end() :]
    return asked


def declared_names(fields: Object, bare: frozenset[str] = frozenset()) -> Asked:
    asked: Asked = {}
    for name, declared in fields:
        nested = declared.item if isinstance(declared, List) else declared
        asked[name] = None if isinstance(nested, Scalar) or name in bare else list(nested.fields)
    return asked


@settings(max_examples=40)
@given(records())
def test_what_is_asked_is_what_is_declared(fields: Object) -> None:
    text = render_fields(fields)
    assert parse(text) == declared_names(fields)
    assert dict(parse_fields(text)) == declared_names(fields)


@settings(max_examples=40)
@given(records(), st.data())
def test_what_is_declared_bare_is_asked_without_braces(fields: Object, data: st.DataObject) -> None:
    bare = data.draw(st.frozensets(st.sampled_from(sorted(fields.fields))))
    assert parse(render_fields(fields, bare)) == declared_names(fields, bare)


@pytest.mark.parametrize("collection", COLLECTIONS.values(), ids=list(COLLECTIONS))
def test_clio_takes_every_declaration(collection: Collection) -> None:
    asked = parse_fields(collection.fields_parameter)
    assert dict(asked) == parse(collection.fields_parameter)
    assert dict(asked) == declared_names(collection.fields, collection.bare)
    record = CATALOG.endpoints[collection.path].record
    compile_fields(CATALOG, record, asked, View(resolve=lambda value: value, rewrites={}))


@pytest.mark.parametrize("collection", COLLECTIONS.values(), ids=list(COLLECTIONS))
def test_what_is_nested_deeper_than_braces_reach_is_declared_as_clio_shows_it(collection: Collection) -> None:
    for name, declared in collection.fields:
        nested = declared.item if isinstance(declared, List) else declared
        for inner_name, deeper in nested if isinstance(nested, Object) else ():
            item = deeper.item if isinstance(deeper, List) else deeper
            if isinstance(item, Object):
                assert set(item.fields) <= {"id", "etag"}, f"{name}.{inner_name}"
