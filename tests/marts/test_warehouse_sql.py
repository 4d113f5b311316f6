"""What dbt compiles for BigQuery and Snowflake, run as SQL of DuckDB: it gives the rows that ours gives."""

import json
import os
import subprocess
from pathlib import Path

import duckdb
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .conftest import PROJECT, Marts, as_duckdb

DBT = os.environ.get("DBT_WAREHOUSES", "")

pytestmark = pytest.mark.skipif(not DBT, reason="needs dbt's adapters: make test-warehouse-sql")


def credentials(folder: Path) -> dict[str, str]:
    """A key made here and the names of a firm that is nowhere: dbt reads them, and asks no one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.p8").write_bytes(key)
    account = {"type": "service_account", "project_id": "firm", "private_key": key.decode()}
    account |= {"client_email": "nobody@example.com", "token_uri": "http://127.0.0.1:9/token"}
    (folder / "key.json").write_text(json.dumps(account))
    return {
        "CLIO_BIGQUERY_METHOD": "service-account",
        "GOOGLE_APPLICATION_CREDENTIALS": str(folder / "key.json"),
        "CLIO_BIGQUERY_PROJECT": "firm",
        "CLIO_SNOWFLAKE_ACCOUNT": "firm",
        "CLIO_SNOWFLAKE_USER": "nobody",
        "CLIO_SNOWFLAKE_KEY_FILE": str(folder / "key.p8"),
        "CLIO_SNOWFLAKE_ROLE": "nobody",
        "CLIO_SNOWFLAKE_WAREHOUSE": "firm",
        "CLIO_SNOWFLAKE_DATABASE": "firm",
    }


def compile_models(dialect: str, folder: Path, marts: Marts, **variables: bool) -> dict[str, str]:
    """Returns each model's SQL for a warehouse, compiled without asking it."""
    fields = marts.sql(
        "select id, name, field_type, parent_type from clio.custom_fields where name is not null"
    )
    asked = [DBT, "compile", "--no-introspect", "--no-populate-cache", "--quiet", "--target", dialect]
    asked += [
        "--project-dir",
        str(PROJECT),
        "--profiles-dir",
        str(PROJECT),
        "--select",
        "resource_type:model",
    ]
    asked += ["--target-path", str(folder / "target"), "--log-path", str(folder)]
    asked += ["--vars", json.dumps({"clio_custom_fields": fields, **variables})]
    done = subprocess.run(
        asked, env=os.environ | credentials(folder), capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    compiled = folder / "target" / "compiled" / "clio" / "models"
    return {file.stem: file.read_text() for file in compiled.rglob("*.sql") if file.parent.suffix != ".yml"}


def difference(connection: duckdb.DuckDBPyConnection, model: str, statement: str) -> str | None:
    """Returns how a query's columns or rows are not those of the model that DuckDB built."""
    built = f"clio_marts.{model}"
    ours = [row[0].lower() for row in connection.execute(f"describe {built}").fetchall()]
    theirs = [row[0].lower() for row in connection.execute(f"describe {statement}").fetchall()]
    if ours != theirs:
        return f"{model}: columns {sorted(set(ours) ^ set(theirs)) or 'in another order'}"
    connection.execute(f"create or replace temp table theirs as {statement}")
    query = f"""
        select count(*) from (
            (from theirs except all from {built}) union all (from {built} except all from theirs)
        )"""
    found = connection.execute(query).fetchall()[0][0]
    return f"{model}: {found} rows differ" if found else None


@pytest.mark.parametrize("dialect", ["bigquery", "snowflake"])
def test_a_warehouses_sql_makes_the_rows_that_duckdbs_makes(
    marts: Marts, dialect: str, tmp_path: Path
) -> None:
    compiled = compile_models(dialect, tmp_path, marts)
    built = marts.sql("select table_name from information_schema.tables where table_schema = 'clio_marts'")
    assert compiled.keys() <= {row["table_name"] for row in built}
    assert len(compiled) > 100
    assert compiled.pop("int_bills__fingerprints")  # hashes are each warehouse's own
    with marts.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        found = [difference(connection, model, as_duckdb(sql, dialect)) for model, sql in compiled.items()]
    assert [told for told in found if told] == []


@pytest.mark.parametrize("dialect", ["bigquery", "snowflake"])
def test_a_warehouses_sql_of_a_second_build_finds_nothing_to_build_where_nothing_changed(
    marts: Marts, dialect: str, tmp_path: Path
) -> None:
    compiled = compile_models(dialect, tmp_path, marts, clio_compile_in_part=True)
    in_part = [
        row["table_name"].removesuffix("__built")
        for row in marts.sql(
            "from information_schema.tables where table_name like '%\\_\\_built' escape '\\'"
        )
    ]
    assert len(in_part) > 4
    with marts.connect() as connection:
        for model in in_part:
            found = connection.execute(as_duckdb(compiled[model], dialect)).fetchall()
            assert found == [], model
