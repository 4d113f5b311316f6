"""docs/collections.md says what the declarations say."""

from pathlib import Path

from clio_source.catalog import render_page
from clio_source.collection import load_collections
from clio_source.drift import NOT_LOADED

PAGE = Path(__file__).parents[2] / "docs" / "collections.md"


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_page(), "docs/collections.md is stale: run `make docs`"


def test_the_page_names_every_collection_and_why_an_endpoint_is_not_one() -> None:
    page = render_page()
    assert [name for name in load_collections() if f"| `{name}` |" not in page] == []
    assert [path for path in NOT_LOADED if f"| `{path}` |" not in page] == []


def test_every_collection_says_in_a_sentence_what_it_is() -> None:
    collections = load_collections().values()
    assert [c.name for c in collections if not c.about.endswith(".") or not c.area] == []


def test_every_field_left_out_and_every_missing_cursor_has_its_reason() -> None:
    collections = load_collections().values()
    assert [c.name for c in collections if not c.cursor and not c.why] == []
    assert [c.name for c in collections if not all(c.left_out.values())] == []
