"""A disk that is full stops a run with a clear message, and spoils nothing: with room the next completes."""

from pathlib import Path

import pytest

from clio_sandbox import Sandbox

from ..conftest import Warehouse
from .command import Done, run_command, small_disk
from .small_pages import thorough, wrong_tables

NAMES = ("activities", "users")
SELECT = ("--select", ",".join(NAMES))


@pytest.fixture(autouse=True)
def _whole_firm(clio: Sandbox) -> None:
    """Other proofs leave a few records of it."""
    clio.control.reset()


def refused(done: Done) -> None:
    """Checks that a run said what was wrong, and what to do."""
    assert done.code == 1, done.err
    told = done.err.strip().splitlines()[-1]
    assert told.startswith("Loading, step ")
    assert "holds what was loaded before" in told
    assert "disk space" in told


def completed(done: Done, clio: Sandbox, database: Path) -> None:
    assert done.code == 0, done.err
    warehouse = Warehouse(database.parent, database.stem)
    assert wrong_tables(clio, warehouse, NAMES) == {}


def test_files_that_may_not_grow(clio: Sandbox, tmp_path: Path) -> None:
    refused(run_command(tmp_path, clio, *SELECT, largest_file=700_000))
    completed(run_command(tmp_path, clio, *SELECT), clio, tmp_path / "warehouse.duckdb")


@pytest.mark.skipif(not thorough(), reason="the test above is the same in short")
@pytest.mark.parametrize(("full", "size"), [("warehouse", "1m"), ("working folder", "200k")])
def test_a_full_disk(full: str, size: str, clio: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    database = (folder if full == "warehouse" else tmp_path) / "w.duckdb"
    dlt_folder = tmp_path / "dlt" if full == "warehouse" else folder
    arguments = ("--database", str(database), *SELECT)
    try:
        with small_disk(folder, size) as disk:
            refused(run_command(tmp_path, clio, *arguments, dlt_folder=dlt_folder))
            disk.resize("200m")
            completed(run_command(tmp_path, clio, *arguments, dlt_folder=dlt_folder), clio, database)
    except PermissionError:
        pytest.skip("a disk of its own takes the right to mount one")
