"""dbt's own pages: `dbt docs generate` finds every column of every mart, and none of them is unexplained."""

import json
import shutil
from pathlib import Path

from ..conftest import Warehouse
from .conftest import Marts, run_dbt


def test_docs_explain_every_column_that_the_warehouse_has(marts: Marts, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    shutil.copy(marts.warehouse.file, warehouse.file)
    written = run_dbt(warehouse, "docs", "generate")
    assert written.success, written.exception
    catalog, manifest = (
        json.loads((tmp_path / "target" / f"{name}.json").read_text()) for name in ("catalog", "manifest")
    )
    models = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    assert models.keys() <= catalog["nodes"].keys()
    for name, node in models.items():
        explained = {column for column, told in node["columns"].items() if told["description"]}
        found = set(catalog["nodes"][name]["columns"])
        if not name.endswith(
            ("matter_custom_fields", "contact_custom_fields")
        ):  # the firm names their columns
            assert found == explained, name
