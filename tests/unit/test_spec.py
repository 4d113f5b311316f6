"""Each way in which Clio's specification can drift from the declarations, and what is said about it.

The specification here is a tiny one of our own; each case changes one thing in it.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from clio_source.collection import load_collections
from clio_source.drift import Finding, iter_findings
from clio_source.openapi import Specification
from clio_source.spec import main

from .tiny_specification import DECLARATIONS, Json, gizmos, order, query, specification


@pytest.fixture
def declarations(tmp_path: Path) -> Path:
    directory = tmp_path / "collections"
    directory.mkdir()
    (directory / "widgets.yaml").write_text(DECLARATIONS)
    return directory


def findings(declarations: Path, root: Json) -> list[Finding]:
    return list(iter_findings(load_collections(declarations), Specification(root)))


def written(directory: Path, root: Json) -> str:
    path = directory / "openapi.json"
    path.write_bytes(orjson.dumps(root))
    return str(path)


def test_no_difference_no_finding(declarations: Path) -> None:
    assert findings(declarations, specification()) == []


def edit(*path: str | int, to: object = None) -> Callable[[Json], None]:
    """Sets what stands at a path of the specification, or removes it."""

    def apply(root: Json) -> None:
        target: Any = root
        for key in path[:-1]:
            target = target[key]
        if to is None:
            del target[path[-1]]
        else:
            target[path[-1]] = to

    return apply


WIDGETS = ("paths", "/widgets.json", "get", "parameters")
GADGETS = ("paths", "/gadgets.json", "get", "parameters")
WIDGET = ("components", "schemas", "Widget_base", "properties")
NESTED = ("components", "schemas", "Widget", "allOf", 1, "properties")
CRATE = ("components", "schemas", "Crate_base", "properties")

LOSSES = [
    ("no collection loads them", "gizmos", lambda root: root["paths"].update(gizmos(root))),
    ("no longer lists widgets/", "widgets_parts", edit("paths", "/widgets/{widget_id}/parts.json")),
    (
        "Clio has `weight` (number), which is not declared",
        "widgets",
        edit(*WIDGET, "weight", to={"type": "number"}),
    ),
    ("`name`, which Clio no longer has", "widgets", edit(*WIDGET, "name")),
    ("`price` is declared as money, Clio has text", "widgets", edit(*WIDGET, "price", to={"type": "string"})),
    (
        "`name` is declared as text, Clio has integer",
        "widgets",
        edit(*WIDGET, "name", to={"type": "integer"}),
    ),
    (
        "`made_on` is declared as date, Clio has timestamp",
        "widgets",
        edit(*WIDGET, "made_on", to={"type": "string", "format": "date-time"}),
    ),
    ("Clio has `crate.weight`", "widgets", edit(*CRATE, "weight", to={"type": "number"})),
    ("`crate.colour`, which Clio no longer has", "widgets", edit(*CRATE, "colour")),
    ("`crate.lid`, which Clio no longer has", "widgets", edit(*CRATE, "lid")),
    (
        "`crate.lid` is declared as an object, Clio has a list of an object",
        "widgets",
        edit(*CRATE, "lid", to={"type": "array", "items": {"$ref": "#/components/schemas/Lid_base"}}),
    ),
    (
        "Clio has `holder` (an object)",
        "widgets",
        edit(*NESTED, "holder", to={"$ref": "#/components/schemas/Crate_base"}),
    ),
    (
        "Clio has `crates` (a list of an object)",
        "widgets",
        edit(*NESTED, "crates", to={"type": "array", "items": {"$ref": "#/components/schemas/Crate_base"}}),
    ),
    ("`labels`, which Clio no longer has", "widgets", edit(*NESTED, "labels")),
    (
        "`tags` is declared as a list of text, Clio has text",
        "widgets",
        edit(*NESTED, "tags", to={"type": "string"}),
    ),
    (
        "`tags` is declared as text, Clio has integer",
        "widgets",
        edit(*NESTED, "tags", "items", to={"type": "integer"}),
    ),
    ("Clio does not tell what `crate` holds", "widgets", edit(*NESTED, "crate", to={"type": "object"})),
    (
        "pages of 200, Clio allows 25",
        "widgets",
        edit(*WIDGETS, 1, "description", to="between 1 and 25. Default: `25`."),
    ),
    ("order id(asc), which Clio does not offer", "widgets", edit(*WIDGETS, 2)),
    (
        "order id(asc), which Clio does not offer",
        "widgets",
        edit(*WIDGETS, 2, "schema", to={"type": "string", "enum": ["name(asc)"]}),
    ),
    (
        "orders by name(asc) and stops at 10,000",
        "gadgets",
        lambda root: root["paths"]["/gadgets.json"]["get"]["parameters"].append(order("name(asc)")),
    ),
    ("no longer takes updated_since", "widgets", edit(*WIDGETS, 3)),
    (
        "requires `size`, which we do not send",
        "widgets",
        lambda root: root["paths"]["/widgets.json"]["get"]["parameters"].append(query("size", required=True)),
    ),
    (
        "records with type=Huge are never asked for",
        "gadgets",
        edit(*GADGETS, 2, "schema", "enum", to=["Small", "Large", "Huge"]),
    ),
    ("type=Large, which Clio does not know", "gadgets", edit(*GADGETS, 2, "schema", "enum", to=["Small"])),
    ("we send `type`, which Clio does not know", "gadgets", edit(*GADGETS, 2)),
]

NEWS = [
    ("`state` may now be lost", "widgets", edit(*WIDGET, "state", "enum", to=["new", "used", "lost"])),
    (
        "allows pages of 1000, we ask for 200",
        "widgets",
        edit(*WIDGETS, 1, "description", to="between 1 and 1000"),
    ),
    ("does not say how large", "widgets", edit(*WIDGETS, 1, "description", to="A number.")),
    (
        "now offers order id(asc)",
        "gadgets",
        lambda root: root["paths"]["/gadgets.json"]["get"]["parameters"].append(order("id(asc)")),
    ),
    (
        "now takes updated_since",
        "gadgets",
        lambda root: root["paths"]["/gadgets.json"]["get"]["parameters"].append(query("updated_since")),
    ),
    ("no longer has `secret`", "widgets", edit(*WIDGET, "secret")),
    ("no longer has `crate.key`", "widgets", edit(*CRATE, "key")),
    (
        "tells what `maker` holds",
        "widgets",
        edit(*NESTED, "maker", to={"$ref": "#/components/schemas/Crate_base"}),
    ),
    ("left out on purpose", "folders/list", edit("paths", "/folders/list.json")),
]

SILENT = [
    ("a number that Clio now types as integer", edit(*WIDGET, "price", to={"type": "integer"})),
    ("a text that is now a date", edit(*WIDGET, "name", to={"type": "string", "format": "date"})),
    ("a list whose elements are not told", edit(*NESTED, "tags", "items", to={"type": "object"})),
    ("a value that is gone", edit(*WIDGET, "state", "enum", to=["new"])),
]


@pytest.mark.parametrize(("phrase", "collection", "change"), LOSSES, ids=[case[0] for case in LOSSES])
def test_what_loses_data_is_called_so(
    declarations: Path, phrase: str, collection: str, change: Callable[[Json], None]
) -> None:
    root = specification()
    change(root)
    losses = [finding for finding in findings(declarations, root) if finding.loses_data]
    assert [phrase in loss.what for loss in losses if loss.collection == collection] == [True]
    assert {loss.collection for loss in losses} == {collection}
    assert all(loss.remedy for loss in losses)


@pytest.mark.parametrize(("phrase", "collection", "change"), NEWS, ids=[case[0] for case in NEWS])
def test_mere_news_loses_nothing(
    declarations: Path, phrase: str, collection: str, change: Callable[[Json], None]
) -> None:
    root = specification()
    change(root)
    found = findings(declarations, root)
    assert [(phrase in news.what, news.collection, news.loses_data) for news in found] == [
        (True, collection, False)
    ]


@pytest.mark.parametrize("change", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_a_type_that_still_fits_is_no_difference(declarations: Path, change: Callable[[Json], None]) -> None:
    root = specification()
    change(root)
    assert findings(declarations, root) == []


def test_a_nested_collection_is_taken_as_its_id_and_names(declarations: Path) -> None:
    root = specification()
    root["components"]["schemas"]["Gadget_base"]["properties"]["weight"] = {"type": "number"}
    assert [f.collection for f in findings(declarations, root)] == [
        "gadgets"
    ]  # and not widgets.gadget.weight


def test_a_difference_that_loses_data_fails_the_command(
    declarations: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = specification()
    del root["components"]["schemas"]["Gadget_base"]["properties"]["name"]
    assert main([written(tmp_path, root)], declarations) == 1
    output = capsys.readouterr().out
    assert "LOSES DATA: widgets.yaml:22: gadgets: we ask for `name`" in output
    assert output.endswith("Differences that lose data: 2; news: 0.\n")


def test_news_alone_does_not_fail_the_command(
    declarations: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = specification()
    edit(*WIDGET, "state", "enum", to=["new", "used", "lost"])(root)
    assert main([written(tmp_path, root)], declarations) == 0
    assert "news: widgets.yaml:1: widgets: `state` may now be lost" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"<html>", "not JSON"),
        (b"[]", "no `paths`"),
        (b'{"paths": {}}', "none of its paths lists records"),
        (
            b'{"paths": {"/a.json": {"get": {"responses": {"200": {"$ref": "#/nowhere"}}}}}}',
            "leads nowhere",
        ),
    ],
)
def test_an_unreadable_file_is_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, reason: str
) -> None:
    path = tmp_path / "openapi.json"
    if content is not None:
        path.write_bytes(content)
    assert main([str(path)]) == 2
    message = capsys.readouterr().err
    assert reason in message
    assert "nothing was compared" in message
    assert "Save openapi.json" in message


def published_copies() -> list[Path]:
    """Copies of Clio's own file at hand: it is Clio's, so it is not part of this project."""
    beside = Path(__file__).parents[3] / "shared" / "clio-openapi.json"
    named = [Path(os.environ["CLIO_OPENAPI"])] if "CLIO_OPENAPI" in os.environ else []
    return [path for path in (*named, beside) if path.is_file()]


@pytest.mark.parametrize("path", published_copies(), ids=str)
def test_nothing_is_lost_of_what_clio_publishes(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(path)]) == 0, capsys.readouterr().out
