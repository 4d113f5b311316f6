"""The workflow's steps, run as they are written; and what a container's image is made of."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from shutil import copytree

import psycopg2
import pytest
import yaml

from clio_sandbox import Sandbox

from .command import ROOT
from .postgres import PASSWORD

pytestmark = pytest.mark.xdist_group("Postgres")
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/clio-sync.yml").read_text())
JOB = WORKFLOW["jobs"]["sync"]
STEPS = {step["name"]: step["run"] for step in JOB["steps"] if "run" in step}
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def run_step(step: str, folder: Path, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a step as a runner does: bash that stops at errors, in a fresh checkout."""
    for name in ("pipelines", "clio_source", ".dlt"):
        copytree(ROOT / name, folder / name, ignore=lambda *_: ["secrets.toml", "__pycache__"])
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "DLT_DATA_DIR": str(folder / "dlt"),
        "PYTHONPATH": str(folder),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[step]],
        cwd=folder,
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_second_run_on_a_fresh_runner_is_incremental(url: str, tmp_path: Path) -> None:
    given = {
        "CLIO_WAREHOUSE": "postgres",
        "CLIO_OPTIONS": "--deletions --select bills,currencies --dataset actions",
        "DESTINATION__CREDENTIALS": url,
    }
    with Sandbox("small") as clio:
        given |= {
            "SOURCES__CLIO__API_URL": clio.url,
            "SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN": clio.token,
        }
        for folder in (tmp_path / "monday", tmp_path / "tuesday"):
            clio.control.forget_requests()
            done = run_step("Sync", folder, given)
            assert done.returncode == 0, done.stdout + done.stderr
            asked = [r.parameters for r in clio.control.requests("bills") if r.parameters["fields"] != "id"]
            assert {"updated_since" in sent for sent in asked} == {folder.name == "tuesday"}
            summary = (folder / "summary.md").read_text()
            assert re.search(r"^\d+ collections", summary, re.MULTILINE)
            assert not [s for s in (PASSWORD, clio.token) if s in summary + done.stdout + done.stderr]
            bills = len(clio.truth("bills", "id"))
            clio.control.advance(1)
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM actions.bills")
        assert cursor.fetchone() == (bills,)
    connection.close()


def test_a_run_that_fails_fails_the_job_and_says_why_on_its_page(url: str, tmp_path: Path) -> None:
    with Sandbox("small") as clio:
        settings = {
            "CLIO_WAREHOUSE": "postgres",
            "CLIO_OPTIONS": "--deletions",
            "DESTINATION__CREDENTIALS": url,
            "SOURCES__CLIO__API_URL": clio.url,
            "SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN": "wrong",
        }
        done = run_step("Sync", tmp_path / "run", settings)
    assert done.returncode == 1
    assert "Clio answered 401" in (tmp_path / "run" / "summary.md").read_text()


def test_the_workflow_takes_secrets_from_the_environment_and_runs_alone() -> None:
    assert WORKFLOW["concurrency"] == {"group": "clio-sync", "cancel-in-progress": False}
    assert "secrets." not in str(JOB["steps"])
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for warehouse in ("postgres", "snowflake", "bigquery"):
        assert warehouse in extras
        assert (ROOT / f"pipelines/clio_to_{warehouse}.py").exists()


def test_an_image_holds_no_secret_and_runs_as_a_user_without_rights() -> None:
    lines = [line.split() for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] != "#"]
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert ignored[0] == "*"
    # Also where somebody has signed in inside one of the folders: the last line that fits decides.
    assert {"**/*secrets.toml*", "**/*.duckdb"} <= set(ignored[len(allowed) + 1 :])
    copied = {source for word, *rest in lines if word == "COPY" for source in rest[:-1]}
    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)
    words = [word for word, *_ in lines]
    assert ["USER", "clio"] in lines
    assert words.index("USER") > max(i for i, word in enumerate(words) if word == "RUN")
    assert words.index("USER") < words.index("ENTRYPOINT")
