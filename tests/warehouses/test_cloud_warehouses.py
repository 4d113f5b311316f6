"""dlt's own BigQuery and Snowflake destinations, with their makers' clients, over HTTP to services that run
the SQL they get on DuckDB: each statement is looked at, and what they come to is compared cell by cell."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from clio_sandbox import Sandbox
from clio_source import sync
from clio_source.collection import WHOLE_LIST, load_collections
from clio_source.destinations import pipeline_into
from clio_source.layout import Layout, tables_of

from ..conftest import DAYS, Row, source_of
from .bigquery import PROJECT, BigQuery, running_bigquery
from .engine import Engine
from .firm import Firm
from .snowflake import DATABASE, Snowflake, running_snowflake

pytestmark = [
    pytest.mark.filterwarnings("ignore:Cannot create BigQuery Storage client"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:snowflake"),
]

SOME = ("activities", "billable_matters", "bills", "calendar_entries", "lauk_expense_categories", "notes")
LAYOUTS: dict[str, Layout] = {
    t: lay for name in SOME for t, lay in tables_of(load_collections()[name]).items()
}
TYPES = {
    "bigquery": {
        "BIGINT": "INT64",
        "VARCHAR": "STRING",
        "BOOLEAN": "BOOL",
        "DECIMAL(38,9)": "NUMERIC(38, 9)",
        "DATE": "DATE",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    },
    "snowflake": {  # DECIMAL and NUMBER are one type there
        "BIGINT": "DECIMAL(19, 0)",
        "VARCHAR": "VARCHAR",
        "BOOLEAN": "BOOLEAN",
        "DECIMAL(38,9)": "DECIMAL(38, 9)",
        "DATE": "DATE",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMPLTZ",
    },
}


@dataclass
class Loaded:
    """A service after a full load and an incremental one with deletions."""

    kind: str
    service: BigQuery | Snowflake
    firm: Firm
    differences: list[dict[str, list[str]]] = field(default_factory=list)
    _trees: list[Any] = field(default_factory=list)

    @property
    def engine(self) -> Engine:
        return self.service.engine

    def rows(self, table: str, columns: Mapping[str, str]) -> list[Row]:
        name = table.upper() if self.kind == "snowflake" else table
        schema = "CLIO" if self.kind == "snowflake" else "clio"
        chosen = ", ".join(f'CAST("{column}" AS {kind}) AS "{column}"' for column, kind in columns.items())
        return self.engine.rows(f'SELECT {chosen} FROM "{self.engine.catalog}"."{schema}"."{name}"')

    def statements(self, kind: type[exp.Expression], table: str) -> list[exp.Expression]:
        """Returns the statements of a kind about a table of the dataset itself."""
        if not self._trees:
            self._trees += [sqlglot.parse_one(sql, read=self.kind) for sql in self.engine.statements]
        return [t for t in self._trees if isinstance(t, kind) and _about(t) == ("clio", table)]


def _about(tree: exp.Expression) -> tuple[str, str]:
    table = tree.this if isinstance(tree.this, exp.Table) else tree.this.find(exp.Table)
    return (table.db.lower(), table.name.lower()) if table else ("", "")


@pytest.fixture(scope="module", params=["bigquery", "snowflake"])
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    kind = request.param
    driver = {"bigquery": "google.cloud.bigquery", "snowflake": "snowflake.connector"}[kind]
    pytest.importorskip(driver, reason=f"needs the extra {kind}: make test-warehouses")
    with ExitStack() as stack:
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        service: BigQuery | Snowflake = (
            stack.enter_context(running_bigquery())
            if kind == "bigquery"
            else stack.enter_context(running_snowflake())
        )
        clio = stack.enter_context(Sandbox("small"))
        if isinstance(service, BigQuery):
            environment.setenv("BIGQUERY_EMULATOR_HOST", service.address)
        environment.setenv(f"DESTINATION__{kind.upper()}__CREDENTIALS", service.credentials)
        found = Loaded(kind, service, Firm(clio, SOME))
        for deletions in (False, True):
            environment.setenv("DLT_DATA_DIR", str(tmp_path_factory.mktemp("machine")))  # a new one each time
            receipts = sync(pipeline_into(kind, "clio"), source_of(clio, *SOME), deletions=deletions)
            assert {receipt.outcome for receipt in receipts} == {"complete"}
            found.firm.look()
            found.differences.append(found.firm.differences(found.rows))
            clio.control.advance(DAYS)
        yield found


def test_full_and_incremental_loads_are_the_firm_cell_by_cell(loaded: Loaded) -> None:
    assert loaded.differences == [{}, {}]


def test_deletions_are_recorded(loaded: Loaded) -> None:
    columns = {"collection": "VARCHAR", "id": "BIGINT", "text_id": "VARCHAR", "reason": "VARCHAR"}
    logged = loaded.rows("clio_deletions", columns)
    missing = [(r["collection"], r["id"] or r["text_id"]) for r in logged if r["reason"] == "missing"]
    assert loaded.firm.gone
    assert sorted(missing, key=str) == sorted(loaded.firm.gone, key=str)


def test_tables_keep_money_exact_and_are_clustered_by_what_a_merge_looks_for(loaded: Loaded) -> None:
    for table, columns in loaded.firm.tables.items():
        (tree,) = loaded.statements(exp.Create, table)
        defined = [c for c in tree.find_all(exp.ColumnDef) if not c.name.startswith("_")]
        types = {c.name.lower(): c.args["kind"].sql(loaded.kind) for c in defined}
        assert types == {name: TYPES[loaded.kind][kind] for name, kind in columns.items()}, table
        clusters = tree.find_all(exp.ClusterProperty)
        clustered = [c.name.lower() for found in clusters for c in found.find_all(exp.Identifier)]
        assert clustered == [name for name in LAYOUTS[table].merged_by if name != WHOLE_LIST], table


def test_a_merge_deletes_by_its_key_and_inserts_what_is_not_removed(loaded: Loaded) -> None:
    for table, layout in LAYOUTS.items():
        deletes = loaded.statements(exp.Delete, table)
        assert deletes, table
        for delete in deletes:
            compared = {(e.left.name.lower(), e.right.name.lower()) for e in delete.find_all(exp.EQ)}
            assert compared == {(name, name) for name in layout.merged_by}, table
            assert {t.db.lower() for t in delete.find_all(exp.Table)} == {"clio", "clio_staging"}
        inserts = loaded.statements(exp.Insert, table)
        assert inserts, table
        conditions = {str(i.expression.args.get("where") or "").lower() for i in inserts}
        assert {"_clio_removed" in condition for condition in conditions} == {
            "_clio_removed" in layout.schema.names
        }, table


def test_rows_arrive_as_parquet_in_the_staging_dataset(loaded: Loaded) -> None:
    service = loaded.service
    if isinstance(service, BigQuery):
        ours = [load for load in service.loads if load["destinationTable"]["tableId"] in LAYOUTS]
        assert {load["destinationTable"]["datasetId"] for load in ours} == {"clio_staging"}
        assert {load["sourceFormat"] for load in ours} == {"PARQUET"}
        assert {tuple(load["decimalTargetTypes"]) for load in ours} == {("NUMERIC", "BIGNUMERIC")}
        assert {load["destinationTable"]["projectId"] for load in ours} == {PROJECT}
    else:
        named = [(copy, copy.split('"')) for copy in service.copies]  # COPY INTO "SCHEMA"."TABLE" …
        copies = [copy for copy, parts in named if parts[3].lower() in LAYOUTS]
        assert {parts[1] for _, parts in named if parts[3].lower() in LAYOUTS} == {"CLIO_STAGING"}
        assert all("TYPE = 'PARQUET'" in copy for copy in copies)
        assert all("MATCH_BY_COLUMN_NAME='CASE_INSENSITIVE'" in copy for copy in copies)
        assert loaded.engine.catalog == DATABASE
