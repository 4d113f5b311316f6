"""The DAG in a real Airflow: run twice, and with a firm that fails; `make test-airflow` has what it needs."""

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
SOME = ["bills", "currencies"]


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
    told = {
        name: {"destination": f"duckdb:{home}/{name}.duckdb", "dataset": "clio", "collections": SOME}
        for name in firms
    }
    more = {"AIRFLOW_VAR_CLIO_FIRMS": json.dumps(told), "AIRFLOW_VAR_CLIO_RETRY_SECONDS": "1"}
    for name, clio in firms.items():
        section = f"SOURCES__CLIO_{name.upper()}"
        more[f"{section}__API_URL"] = clio.url
        more[f"{section}__CREDENTIALS__ACCESS_TOKEN"] = tokens.get(name, clio.token)
    return settings(home, **more)


def run_dag(home: Path, day: str, env: dict[str, str]) -> tuple[dict[str, str], str]:
    """Runs the DAG for a day; returns the state of each task, and all that was said."""
    done = subprocess.run(
        [*AIRFLOW, "dags", "test", "clio", day],
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    asked = subprocess.run(
        [*AIRFLOW, "tasks", "states-for-dag-run", "clio", day, "--output", "json"],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    text = asked.stdout[asked.stdout.index("[{") :] if "[{" in asked.stdout else "[]"
    states = {row["task_id"]: row["state"] for row in json.loads(text)}
    return states, done.stdout + done.stderr


def test_the_dag_has_a_group_per_firm_and_no_import_error(home: Path, firms: dict[str, Sandbox]) -> None:
    env = environment(home, firms)
    told = subprocess.run(
        [*AIRFLOW, "dags", "list-import-errors"], env=env, capture_output=True, text=True, check=False
    )
    assert "No data found" in told.stdout
    tasks = subprocess.run(
        [*AIRFLOW, "tasks", "list", "clio"], env=env, capture_output=True, text=True, check=True
    )
    assert {"smith.load", "smith.check_fresh", "jones.load", "jones.check_fresh"} <= set(tasks.stdout.split())


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
            with duckdb.connect(str(home / f"{name}.duckdb"), read_only=True) as connection:
                rows = connection.execute("SELECT count(*) FROM clio.bills").fetchone()
            assert rows == (len(clio.truth("bills", "id")),)
        assert not [
            file
            for file in home.rglob("*")
            if file.is_file() and any(clio.token.encode() in file.read_bytes() for clio in firms.values())
        ]


def test_one_firm_that_fails_marks_no_other(home: Path, firms: dict[str, Sandbox]) -> None:
    states, said = run_dag(home, "2026-03-01", environment(home, firms, smith="wrong-token"))
    assert states["jones.load"] == states["jones.check_fresh"] == "success", said[-3000:]
    assert states["smith.load"] == "failed"
    assert states["smith.check_fresh"] == "upstream_failed"
    assert "wrong-token" not in said
