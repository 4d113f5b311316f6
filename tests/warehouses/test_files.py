"""Published files hold what the firm holds, and only tables that changed are written again."""

from collections.abc import Callable, Mapping
from pathlib import Path

import dlt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clio_sandbox import Sandbox
from clio_source import sync
from clio_source.destinations import pipeline_into
from clio_source.errors import ConfigurationError
from clio_source.files import Format, publish

from ..conftest import DAYS, Row, source_of
from .command import run_command
from .firm import Firm

SOME = ("bills", "lauk_expense_categories")


def read_parquet(folder: Path) -> pa.Table:
    return pa.concat_tables([pq.read_table(file) for file in sorted(folder.glob("*.parquet"))])


def read_delta(folder: Path) -> pa.Table:
    deltalake = pytest.importorskip("deltalake", reason="needs the extra delta: make test-warehouses")
    return deltalake.DeltaTable(str(folder)).to_pyarrow_table()


@pytest.mark.parametrize(("file_format", "read_table"), [("parquet", read_parquet), ("delta", read_delta)])
def test_files_are_the_firm_cell_by_cell(
    file_format: Format,
    read_table: Callable[[Path], pa.Table],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if file_format == "delta":
        pytest.importorskip("deltalake", reason="needs the extra delta: make test-warehouses")
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    database, lake = tmp_path / "warehouse.duckdb", tmp_path / "lake"

    def read(table: str, columns: Mapping[str, str]) -> list[Row]:
        found: list[Row] = read_table(lake / "clio" / table).select(list(columns)).to_pylist()
        return found

    with Sandbox("small") as clio:
        firm = Firm(clio, SOME)
        for deletions in (False, True):
            sync(pipeline_into(str(database)), source_of(clio, *SOME), deletions=deletions)
            written = publish(database, "clio", str(lake), file_format)
            firm.look()
            assert firm.differences(read) == {}
            assert ("lauk_expense_categories" in written) == (not deletions)  # it never changes
            clio.control.advance(DAYS)
        assert publish(database, "clio", str(lake), file_format) == []
    assert {pa.decimal128(38, 9)} == {read_table(lake / "clio" / "bills").schema.field("total").type}


def test_the_command_publishes_what_it_loads(tmp_path: Path) -> None:
    with Sandbox("small") as clio:
        done = run_command("clio_to_duckdb.py", tmp_path, clio, "--select", "currencies", "--publish", "lake")
        currencies = len(clio.truth("currencies", "id"))
    assert done.code == 0, done.err
    assert "tables of clio published as parquet" in done.out
    assert read_parquet(tmp_path / "lake/clio/currencies").num_rows == currencies


def test_a_destination_that_would_double_rows_is_refused(tmp_path: Path) -> None:
    pipeline = dlt.pipeline(
        "clio",
        destination=dlt.destinations.filesystem((tmp_path / "lake").as_uri()),
        dataset_name="clio",
        pipelines_dir=str(tmp_path),
    )
    with Sandbox("small") as clio, pytest.raises(ConfigurationError, match="would be there twice"):
        sync(pipeline, source_of(clio, "currencies"))
    assert not (tmp_path / "lake").exists()
