"""A real Postgres holds what the firm holds, after the first run and the later ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extras import RealDictCursor

from clio_sandbox import Sandbox
from clio_source import sync
from clio_source.destinations import pipeline_into

from ..accounts.firms import firms_of
from ..conftest import DAYS, Row, source_of
from .command import run_command
from .firm import OF_EACH_KIND, Firm
from .postgres import PASSWORD

pytestmark = pytest.mark.xdist_group("Postgres")

LONGEST = 63  # characters of a name in Postgres
TYPES = {
    "BIGINT": ("bigint", 64, 0),
    "VARCHAR": ("character varying", None, None),
    "BOOLEAN": ("boolean", None, None),
    "DECIMAL(38,9)": ("numeric", 38, 9),
    "DATE": ("date", None, None),
    "TIMESTAMP WITH TIME ZONE": ("timestamp with time zone", None, None),
}


@pytest.fixture
def environment(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION__LONDON__CREDENTIALS", url)


class Database:
    """Asks the server without dlt."""

    def __init__(self, url: str, dataset: str) -> None:
        self._url, self._dataset = url, dataset

    def sql(self, query: str, *values: object) -> list[Row]:
        options = f"-ctimezone=UTC -csearch_path={self._dataset}"
        connection = psycopg2.connect(self._url, options=options, cursor_factory=RealDictCursor)
        try:
            with connection.cursor() as cursor:
                cursor.execute(query, values)
                return [dict(row) for row in cursor.fetchall()]
        finally:
            connection.close()

    def read(self, table: str, columns: Mapping[str, str]) -> list[Row]:
        """Returns columns of all rows; names beyond 63 characters are shortened in the middle."""
        names = dict(zip(columns, self.types(table), strict=True))
        assert [n for n in columns if len(n) <= LONGEST and names[n] != n] == []
        chosen = ", ".join(f'"{names[column]}" AS c{place}' for place, column in enumerate(columns))
        rows = self.sql(f'SELECT {chosen} FROM "{table}"')
        return [dict(zip(columns, row.values(), strict=True)) for row in rows]

    def types(self, table: str) -> dict[str, tuple[Any, ...]]:
        """Returns the type of each column of a table, without dlt's own."""
        found = self.sql(
            "SELECT column_name, data_type, numeric_precision, numeric_scale FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name = %s AND column_name NOT LIKE '\\_%%'"
            " ORDER BY ordinal_position",
            *(self._dataset, table),
        )
        return {name: tuple(told) for name, *told in (row.values() for row in found)}


@pytest.mark.usefixtures("environment")
def test_full_and_incremental_loads_are_the_firm_cell_by_cell(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path))
    database = Database(url, "firm")
    with Sandbox("small") as clio:
        firm = Firm(clio)
        for deletions in (False, True):
            pipeline = pipeline_into("postgres:london", "firm")
            receipts = sync(pipeline, source_of(clio, *OF_EACH_KIND), deletions=deletions)
            assert {receipt.outcome for receipt in receipts} == {"complete"}
            firm.look()
            assert firm.differences(database.read) == {}
            clio.control.advance(DAYS)
    for table, columns in firm.tables.items():
        assert list(database.types(table).values()) == [TYPES[kind] for kind in columns.values()], table
    logged = database.sql("SELECT collection, id, text_id, reason FROM clio_deletions")
    missing = [(r["collection"], r["id"] or r["text_id"]) for r in logged if r["reason"] == "missing"]
    assert firm.gone
    assert sorted(missing, key=str) == sorted(firm.gone, key=str)
    titles = database.sql("SELECT DISTINCT title FROM contacts")
    assert {"", None} <= {row["title"] for row in titles}  # told apart, which CSV would not do


def test_two_clean_folders_that_share_the_server_go_on_from_each_other(url: str, tmp_path: Path) -> None:
    with Sandbox("small") as clio:
        told: list[str] = []
        for folder in ("one", "two"):
            clio.control.forget_requests()
            done = run_command(
                "clio_to_postgres.py",
                tmp_path / folder,
                clio,
                *("--select", "currencies,bills", "--server", "london"),
                DESTINATION__LONDON__CREDENTIALS=url,
            )
            assert done.code == 0, done.err
            told.append(done.out + done.err)
            asked = [("updated_since" in r.parameters) for r in clio.control.requests("bills")]
            assert set(asked) == {folder == "two"}
        assert len(Database(url, "clio").sql("SELECT id FROM bills")) == len(clio.truth("bills", "id"))
        assert not [secret for secret in (PASSWORD, clio.token) if secret in "".join(told)]


@pytest.mark.parametrize(
    ("credentials", "code", "phrases"),
    [
        (None, 2, ("Configuration, destination.london.credentials", "there is no", "example.secrets.toml")),
        (
            "postgresql://clio:wrong-password@{server}",
            1,
            ("Dataset clio", "london could not be opened", "credentials are wrong", "Check"),
        ),
    ],
)
def test_a_server_that_lets_nobody_in_is_told_without_the_password(
    credentials: str | None, code: int, phrases: tuple[str, ...], url: str, tmp_path: Path
) -> None:
    given = credentials and credentials.format(server=url.rpartition("@")[2])
    with Sandbox("small") as clio:
        done = run_command(
            "clio_to_postgres.py",
            tmp_path,
            clio,
            *("--select", "currencies", "--server", "london"),
            DESTINATION__LONDON__CREDENTIALS=given,
        )
    assert done.code == code, done.err
    assert all(phrase in done.err for phrase in phrases), done.err
    assert len(done.err.strip().splitlines()) == 1
    assert "wrong-password" not in done.out + done.err


def test_firms_share_a_dataset_side_by_side(url: str, tmp_path: Path) -> None:
    """They take turns: to make the schema and dlt's own tables at the same time fails now and then."""
    names = ("north", "south", "east")
    with firms_of(tmp_path, names) as firms:
        firms.defaults = {"destination": "postgres:london", "dataset": "shared", "select": ["bills", "users"]}
        for name in names:
            firms.settings[name]["table_prefix"] = name
        firms.write()
        for _ in range(2):
            done = firms.replicate("--jobs", "3", settings={"DESTINATION__LONDON__CREDENTIALS": url})
            assert (done.code, done.err) == (0, ""), done.out + done.err
            assert PASSWORD not in done.out
            for name, clio in firms.clios.items():
                rows = Database(url, "shared").sql(f"SELECT id, total FROM {name}_bills ORDER BY id")
                records: list[Row] = [*clio.truth("bills", "id,total")]
                assert rows == sorted(records, key=lambda bill: bill["id"])
