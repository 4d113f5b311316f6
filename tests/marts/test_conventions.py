"""The rules of dbt-project-evaluator that we keep, read from dbt's own manifest."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Warehouse
from .conftest import run_dbt

FOLDERS = {"stg_clio__": "staging", "base_clio__": "staging", "int_": "intermediate"}
MARTS = re.compile(r"^(dim|fct|rpt|kpi|mart|clio_report|custom|matter|contact|report)_")
WITHOUT_KEY = {
    "base_clio__deletions": "a record has one of two kinds of id, so a part of its key is null",
    "int_interest__charged": "interest beyond what charges tell has no id",
}

Node = dict[str, Any]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Node:
    warehouse = Warehouse(tmp_path_factory.mktemp("manifest"))
    parsed = run_dbt(warehouse, "parse")
    assert parsed.exception is None, parsed.exception
    read: Node = json.loads((warehouse.file.parent / "target" / "manifest.json").read_text())
    return read


@pytest.fixture(scope="module")
def models(manifest: Node) -> list[Node]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_a_model_lies_in_the_folder_that_its_name_says(models: list[Node]) -> None:
    for model in models:
        folder = next((f for prefix, f in FOLDERS.items() if model["name"].startswith(prefix)), "marts")
        assert Path(model["path"]).parts[0] == folder, model["name"]
        assert folder != "marts" or MARTS.match(model["name"]), model["name"]


def test_only_staging_reads_what_was_loaded_and_each_table_is_read_once(models: list[Node]) -> None:
    read: list[str] = []
    for model in models:
        sources = [name for name in model["depends_on"]["nodes"] if name.startswith("source.")]
        assert not sources or model["path"].startswith("staging"), model["name"]
        assert len(sources) <= 1, model["name"]
        read += sources
    assert len(read) == len(set(read)), "two models read the same table"


def test_staging_is_built_on_no_other_staging_but_base(models: list[Node]) -> None:
    for model in models:
        if model["name"].startswith("stg_"):
            read = [name.split(".")[-1] for name in model["depends_on"]["nodes"] if name.startswith("model.")]
            assert set(read) <= {"base_clio__deletions"}, model["name"]


def test_every_model_says_what_a_row_is_and_every_column_is_described(models: list[Node]) -> None:
    for model in models:
        assert model["description"].startswith("One row per "), model["name"]
        bare = [name for name, column in model["columns"].items() if not column["description"].strip()]
        assert model["columns"], model["name"]
        assert not bare, f"{model['name']}: {bare}"


def test_every_model_has_a_tested_key(manifest: Node, models: list[Node]) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "primary_key"
    }
    assert {model["name"] for model in models if model["unique_id"] not in tested} == set(WITHOUT_KEY)


def test_every_macro_is_described_with_its_arguments(manifest: Node) -> None:
    macros = [macro for macro in manifest["macros"].values() if macro["package_name"] == "clio"]
    public = [m for m in macros if not re.match(r"^(test_|(default|bigquery|snowflake|duckdb)__)", m["name"])]
    assert [macro["name"] for macro in public if not macro["description"].strip()] == []
