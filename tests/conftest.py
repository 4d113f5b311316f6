"""A warehouse that a sandbox is loaded into, and a firm's life in three runs, loaded once per session."""

import shutil
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest

from clio_sandbox import Exchange, Sandbox
from clio_source import ClioSource, clio_source, sync
from clio_source.auth import ClioCredentials
from clio_source.collection import Collection, load_collections
from clio_source.receipt import Receipt

Row = dict[str, Any]  # what JSON or SQL brings
Tables = dict[str, list[Row]]
Truth = dict[str, list[Row]]

DAYS = 7
SOME_PER_PARENT = ("contacts_email_addresses", "documents_versions")  # with a cursor, and without


def source_of(clio: Sandbox, *collections: str, **settings: Any) -> ClioSource:
    """Returns a source for a sandbox's firm: of its own, as in another process."""
    source: ClioSource = clio_source(ClioCredentials(access_token=clio.token), api_url=clio.url, **settings)
    return source.with_resources(*collections) if collections else source


class Warehouse:
    """A DuckDB file, and the pipeline that loads into it."""

    def __init__(self, folder: Path, name: str = "warehouse") -> None:
        self.file = folder / f"{name}.duckdb"
        self.pipelines_dir = folder / f"{name}-pipelines"

    def pipeline(self) -> dlt.Pipeline:
        return dlt.pipeline(
            "clio",
            destination=dlt.destinations.duckdb(str(self.file)),
            dataset_name="clio",
            pipelines_dir=str(self.pipelines_dir),
        )

    def sync(self, clio: Sandbox, *collections: str, **options: Any) -> dict[str, Receipt]:
        """Runs the source to its end; returns the receipts by collection."""
        receipts = sync(self.pipeline(), source_of(clio, *collections), **options)
        return {receipt.collection: receipt for receipt in receipts}

    def sql(self, query: str) -> list[Row]:
        with duckdb.connect(str(self.file), read_only=True) as connection:
            return _read(connection, query)

    def rows(self, table: str) -> list[Row]:
        return self.sql(f'from clio."{table}"')

    def tables(self) -> Tables:
        """Returns all rows of all tables but dlt's own."""
        names = list(self.columns())
        with duckdb.connect(str(self.file), read_only=True) as connection:
            return {name: _read(connection, f'from clio."{name}"') for name in names}

    def columns(self) -> dict[str, dict[str, str]]:
        """Returns the type of each column of each table, without dlt's own tables and technical columns."""
        found: dict[str, dict[str, str]] = {}
        query = "from information_schema.columns where table_schema = 'clio' order by ordinal_position"
        for row in self.sql(query):
            if row["table_name"].startswith("_"):
                continue
            columns = found.setdefault(row["table_name"], {})
            if not row["column_name"].startswith("_"):
                columns[row["column_name"]] = row["data_type"]
        return found


def _read(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    connection.execute("set timezone = 'UTC'")
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Snapshot:
    """What lay in the warehouse after a run, what the firm held then, and what went over the wire."""

    tables: Tables
    columns: dict[str, dict[str, str]]
    truth: Truth
    ledger: dict[str, Any]
    receipts: dict[str, Receipt]
    requests: list[Exchange]


def truth(clio: Sandbox, collection: Collection) -> list[Row]:
    """Returns a collection's records as Clio shows them, with the parent's id or region."""
    fields, path = collection.fields_parameter, collection.path
    if collection.read_per is None:
        asked = [{**part, **collection.parameters} for part in collection.parts]
        regions = "regions" if collection.parts[0].keys() == {"region"} else ""
        return [
            row | ({"region": parameters["region"]} if regions else {})
            for parameters in asked
            for row in clio.truth(path, fields, **parameters)
        ]
    records = clio.firm.records[path]
    parent = f"{collection.parent_singular}_id"
    rows: list[Row] = [*clio.truth(path, fields)]
    return [row | {parent: parent_of(records[row["id"]])} for row in rows]


def parent_of(record: Row) -> int:
    parent: int = record["_parent"] if "_parent" in record else record["conversation"].id
    return parent


def snapshot(
    clio: Sandbox, warehouse: Warehouse, collections: Sequence[str] = (), **options: Any
) -> Snapshot:
    """Runs the source, and returns what came of it."""
    clio.control.forget_requests()
    receipts = warehouse.sync(clio, *collections, **options)
    return Snapshot(
        tables=warehouse.tables(),
        columns=warehouse.columns(),
        truth={name: truth(clio, collection) for name, collection in load_collections().items()},
        ledger=clio.control.ledger(),
        receipts=receipts,
        requests=[copy(exchange) for exchange in clio.control.requests()],
    )


@pytest.fixture(autouse=True, scope="session")
def _no_settings_of_ours() -> Iterator[None]:
    """The developer's own Clio settings have no business here."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
        for name in ("API_URL", "REGION", "CREDENTIALS__ACCESS_TOKEN", "CHECKPOINT_PAGES", "START_DATE"):
            environment.delenv(f"SOURCES__CLIO__{name}", raising=False)
        yield


@pytest.fixture(scope="session")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Warehouse]]:
    """The firm whose life `first_run`, `second_run` and `later_run` show, in this order; for them alone."""
    with Sandbox("small") as clio:
        yield clio, Warehouse(tmp_path_factory.mktemp("living"))


@pytest.fixture(scope="session")
def first_run(living: tuple[Sandbox, Warehouse]) -> Snapshot:
    """Every collection loaded, those that are off by default too."""
    made = snapshot(*living, collections=list(load_collections()))
    shutil.copy(living[1].file, living[1].file.with_suffix(".first"))
    return made


@pytest.fixture(scope="session")
def first_warehouse(
    living: tuple[Sandbox, Warehouse], first_run: Snapshot, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The warehouse as the first run left it, for queries."""
    kept = Warehouse(tmp_path_factory.mktemp("first"))
    shutil.copy(living[1].file.with_suffix(".first"), kept.file)
    return kept


@pytest.fixture(scope="session")
def second_run(living: tuple[Sandbox, Warehouse], first_run: Snapshot) -> Snapshot:
    """The same again when nothing has changed, as selected by default."""
    return snapshot(*living)


@pytest.fixture(scope="session")
def later_run(living: tuple[Sandbox, Warehouse], second_run: Snapshot) -> Snapshot:
    """A week on, when records came, changed and went, and nested lists have shrunk and emptied."""
    clio, _ = living
    clio.control.advance(DAYS)
    with clio.lock:
        records = clio.firm.records
        matter = next(m for m in records["matters"].values() if m["custom_field_values"])
        contact = next(c for c in records["contacts"].values() if len(c["email_addresses"]) > 1)
        bill = next(b for b in records["bills"].values() if len(b["matters"]) > 1)
    clio.control.edit("matters", matter["id"], {"custom_field_values": []})
    clio.control.edit("contacts", contact["id"], {"email_addresses": contact["email_addresses"][1:]})
    clio.control.edit("bills", bill["id"], {"matters": []})
    by_default = [name for name, c in load_collections().items() if c.selected_by_default]
    return snapshot(*living, collections=[*by_default, *SOME_PER_PARENT])


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """An empty one."""
    return Warehouse(tmp_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the tests that share the firm's three runs in one worker: they are made once."""
    for item in items:
        if "living" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("the firm's three runs"))
