"""The DAGs in a real Airflow: run twice, and with a firm that fails; see `make test-airflow`."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from clio_sandbox import Sandbox

pytest.importorskip("airflow", reason="Airflow has an environment of its own: make test-airflow")

ROOT = Path(__file__).parents[2]
# What the ledgers are made of: with less they would not add up.
SOME = (
    "activities", "activities_written_off", "allocations", "bank_accounts", "bank_transactions",
    "billable_matters", "bills", "contacts", "currencies", "line_items", "matters",
    "outstanding_client_balances", "practice_areas", "users",
)  # fmt: skip
ACCOUNTS = """
[defaults]
select = {some}
[accounts.smith]
api_url = "{smith}"
[accounts.jones]
api_url = "{jones}"
[accounts.broken]
region = "uk"
schedule = "hourly"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh Airflow with a database of its own."""
    folder = tmp_path_factory.mktemp("airflow")
    subprocess.run([*AIRFLOW, "db", "migrate"], env=settings(folder), check=True, capture_output=True)
    return folder


AIRFLOW = (str(Path(sys.executable).parent / "airflow"),)


def settings(home: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "pipelines/airflow"),
        "DLT_DATA_DIR": str(home / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    } | more


@pytest.fixture
def firms() -> Iterator[dict[str, Sandbox]]:
    with Sandbox("small") as smith, Sandbox("small", seed=2) as jones:
        yield {"smith": smith, "jones": jones}


def environment(home: Path, firms: dict[str, Sandbox], **tokens: str) -> dict[str, str]:
    """Writes the file of accounts; returns the settings that find it, and the tokens beside it."""
    file = home / "accounts.toml"
    urls = {name: clio.url for name, clio in firms.items()}
    file.write_text(ACCOUNTS.format(some=json.dumps(SOME), **urls))
    more = {
        "AIRFLOW_VAR_CLIO_ACCOUNTS": str(file),
        "AIRFLOW_VAR_CLIO_RETRY_SECONDS": "1",
        "AIRFLOW_VAR_CLIO_MARTS": "yes",
        "CLIO_DATABASE": str(home / "warehouse.duckdb"),
    }
    for name, clio in firms.items():
        variable = f"SOURCES__CLIO__{name.upper()}__CREDENTIALS__ACCESS_TOKEN"
        more[variable] = tokens.get(name, clio.token)
    return settings(home, **more)


def run_dag(home: Path, day: str, env: dict[str, str]) -> tuple[dict[str, str], str]:
    """Runs the DAG for a day; returns the state of each task, and all that was said."""
    done = subprocess.run(
        [*AIRFLOW, "dags", "test", "clio", day],
        env=env,
        capture_output=True,
        text=True,
        timeout=900,  # 300 were too few on a busy machine
        check=False,
    )
    asked = subprocess.run(
        [*AIRFLOW, "tasks", "states-for-dag-run", "clio", day, "--output", "json"],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    text = asked.stdout[asked.stdout.index("[{") :] if "[{" in asked.stdout else "[]"
    states = {row["task_id"]: row["state"] for row in json.loads(text)}
    return states, done.stdout + done.stderr


def test_each_account_has_a_group_in_the_dag_of_its_schedule(home: Path, firms: dict[str, Sandbox]) -> None:
    env = environment(home, firms)
    told = subprocess.run(
        [*AIRFLOW, "dags", "list-import-errors"], env=env, capture_output=True, text=True, check=False
    )
    assert "No data found" in told.stdout
    tasks = {
        dag: subprocess.run(
            [*AIRFLOW, "tasks", "list", dag], env=env, capture_output=True, text=True, check=True
        ).stdout.split()
        for dag in ("clio", "clio_hourly")
    }
    both = {f"{firm}.{task}" for firm in ("smith", "jones") for task in ("load", "check_fresh")}
    assert both | {"build_marts"} <= set(tasks["clio"])
    assert {"broken.load", "broken.check_fresh"} <= set(tasks["clio_hourly"])
    assert not [task for task in tasks["clio"] if task.startswith("broken.")]


def test_a_second_run_is_incremental_and_no_secret_is_said(home: Path, firms: dict[str, Sandbox]) -> None:
    for day, incremental in (("2026-02-01", False), ("2026-02-02", True)):
        for clio in firms.values():
            clio.control.forget_requests()
        states, said = run_dag(home, day, environment(home, firms))
        assert set(states.values()) == {"success"}, said[-3000:]
        for name, clio in firms.items():
            asked = [r.parameters for r in clio.control.requests("bills") if r.parameters["fields"] != "id"]
            assert {"updated_since" in sent for sent in asked} == {incremental}, name
            assert clio.token not in said
            ids = sorted(int(str(row["id"])) for row in clio.truth("bills", "id"))
            assert query(home, f"select id from clio_{name}.bills order by id") == ids
            marts = f"select bill_id from clio_marts.fct_bills where account = '{name}' order by bill_id"
            assert query(home, marts) == ids
        assert not [
            file
            for file in home.rglob("*")
            if file.is_file() and any(clio.token.encode() in file.read_bytes() for clio in firms.values())
        ]


def query(home: Path, sql: str) -> list[int]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        return [row[0] for row in connection.execute(sql).fetchall()]


def test_one_firm_that_fails_marks_no_other(home: Path, firms: dict[str, Sandbox]) -> None:
    states, said = run_dag(home, "2026-03-01", environment(home, firms, smith="wrong-token"))
    assert states["jones.load"] == states["jones.check_fresh"] == "success", said[-3000:]
    assert states["smith.load"] == "failed"
    assert states["smith.check_fresh"] == "upstream_failed"
    assert states["build_marts"] == "success"
    assert "authorise the app anew: python -m clio_source.auth login --account smith." in said
    assert "wrong-token" not in said
