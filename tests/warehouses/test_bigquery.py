"""dlt's own BigQuery destination and Google's own client, against a service that runs their SQL on DuckDB."""

from collections.abc import Iterator, Mapping

import pytest
import sqlglot
from sqlglot import exp

from clio_sandbox import Sandbox
from clio_source import sync
from clio_source.collection import WHOLE_LIST, load_collections
from clio_source.destinations import pipeline_into
from clio_source.layout import Layout, tables_of

from ..conftest import DAYS, Row, source_of
from .firm import Firm

pytest.importorskip("google.cloud.bigquery", reason="needs the extra bigquery: make test-warehouses")

from .bigquery import PROJECT, BigQuery, running_bigquery  # imports Google's client

pytestmark = [
    pytest.mark.xdist_group("BigQuery"),
    pytest.mark.filterwarnings("ignore:Cannot create BigQuery Storage client"),
]

SOME = ("activities", "billable_matters", "bills", "calendar_entries", "lauk_expense_categories", "notes")
TYPES = {
    "BIGINT": "INT64",
    "VARCHAR": "STRING",
    "BOOLEAN": "BOOL",
    "DECIMAL(38,9)": "NUMERIC(38, 9)",
    "DATE": "DATE",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
}
LAYOUTS: dict[str, Layout] = {
    t: lay for name in SOME for t, lay in tables_of(load_collections()[name]).items()
}


@pytest.fixture(scope="module")
def loaded(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[BigQuery, list[dict[str, list[str]]], Firm]]:
    """A full and an incremental load with deletions: the service, what differed after each, the firm."""
    with running_bigquery() as service, Sandbox("small") as clio, pytest.MonkeyPatch.context() as environment:
        environment.setenv("BIGQUERY_EMULATOR_HOST", service.address)
        environment.setenv("DESTINATION__BIGQUERY__CREDENTIALS", service.credentials)
        firm, differences = Firm(clio, SOME), []
        for deletions in (False, True):
            environment.setenv("DLT_DATA_DIR", str(tmp_path_factory.mktemp("machine")))  # a new one each time
            receipts = sync(pipeline_into("bigquery", "clio"), source_of(clio, *SOME), deletions=deletions)
            assert {receipt.outcome for receipt in receipts} == {"complete"}
            firm.look()
            differences.append(firm.differences(lambda t, columns: read(service, t, columns)))
            clio.control.advance(DAYS)
        yield service, differences, firm


def read(service: BigQuery, table: str, columns: Mapping[str, str]) -> list[Row]:
    chosen = ", ".join(f'"{column}"' for column in columns)
    return service.engine.rows(f'SELECT {chosen} FROM "{PROJECT}".clio."{table}"')


def statements(service: BigQuery, kind: type[exp.Expression]) -> list[exp.Expression]:
    trees = [sqlglot.parse_one(sql, read="bigquery") for sql in service.engine.statements]
    return [tree for tree in trees if isinstance(tree, kind)]


def test_full_and_incremental_loads_are_the_firm_cell_by_cell(
    loaded: tuple[BigQuery, list[dict[str, list[str]]], Firm],
) -> None:
    _, differences, _ = loaded
    assert differences == [{}, {}]


def test_deletions_are_recorded(loaded: tuple[BigQuery, list[dict[str, list[str]]], Firm]) -> None:
    service, _, firm = loaded
    logged = service.engine.rows(f'FROM "{PROJECT}".clio.clio_deletions')
    missing = [(r["collection"], r["id"] or r["text_id"]) for r in logged if r["reason"] == "missing"]
    assert firm.gone
    assert sorted(missing, key=str) == sorted(firm.gone, key=str)


def test_tables_keep_money_exact_and_are_clustered_by_what_a_merge_looks_for(
    loaded: tuple[BigQuery, list[dict[str, list[str]]], Firm],
) -> None:
    service, _, firm = loaded
    created = {
        tree.find(exp.Table).name: tree  # type: ignore[union-attr]
        for tree in statements(service, exp.Create)
        if tree.args["kind"] == "TABLE" and tree.find(exp.Table).db == "clio"  # type: ignore[union-attr]
    }
    for table, columns in firm.tables.items():
        tree = created[table]
        types = {
            c.name: c.args["kind"].sql("bigquery") for c in tree.find_all(exp.ColumnDef) if c.name[0] != "_"
        }
        assert types == {name: TYPES[kind] for name, kind in columns.items()}, table
        clustered = [
            c.name
            for found in tree.find_all(exp.Cluster, exp.ClusterProperty)
            for c in found.find_all(exp.Identifier)
        ]
        assert clustered == [name for name in LAYOUTS[table].merged_by if name != WHOLE_LIST], table


def test_a_merge_deletes_by_its_key_and_inserts_what_is_not_removed(
    loaded: tuple[BigQuery, list[dict[str, list[str]]], Firm],
) -> None:
    service, _, _ = loaded
    for table, layout in LAYOUTS.items():
        deletes = [d for d in statements(service, exp.Delete) if (d.this.db, d.this.name) == ("clio", table)]
        assert deletes, table
        for delete in deletes:
            compared = {(e.left.name, e.right.name) for e in delete.args["where"].find_all(exp.EQ)}
            assert compared == {(name, name) for name in layout.merged_by}, table
            assert {t.db for t in delete.find_all(exp.Table)} == {"clio", "clio_staging"}
        inserts = [i for i in statements(service, exp.Insert) if f".`{table}`" in i.this.sql("bigquery")]
        removing = "_clio_removed" in layout.schema.names
        assert {"_clio_removed` IS NULL" in i.sql("bigquery") or "NOT" in i.sql() for i in inserts} == {
            removing
        }


def test_rows_arrive_as_parquet_with_decimals_as_numeric(
    loaded: tuple[BigQuery, list[dict[str, list[str]]], Firm],
) -> None:
    service, _, _ = loaded
    ours = [load for load in service.loads if not load["destinationTable"]["tableId"].startswith("_dlt")]
    assert {load["sourceFormat"] for load in ours} == {"PARQUET"}
    assert {tuple(load["decimalTargetTypes"]) for load in ours} == {("NUMERIC", "BIGNUMERIC")}
    assert {load["writeDisposition"] for load in service.loads} == {"WRITE_APPEND"}
    merged = {
        load["destinationTable"]["datasetId"]
        for load in ours
        if load["destinationTable"]["tableId"] in LAYOUTS
    }
    assert merged == {"clio_staging"}
