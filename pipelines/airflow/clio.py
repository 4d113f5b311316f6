"""An Airflow DAG that loads firms from Clio each night: a task group per firm.

Each task calls `sync`, not dlt's `PipelineTasksGroup`: that makes a task per resource and a package of each,
while `sync` reads side by side under one throttle, commits checkpoints, and restores its state from the
warehouse, so that a retry on any worker goes on from the last checkpoint.

The firms are the variable `clio_firms`, in JSON: {"smith": {"destination": "postgres", "dataset": "smith"}}.
A firm's credentials and region stand where dlt looks, under `sources.clio_smith`: in the environment of the
workers, SOURCES__CLIO_SMITH__CREDENTIALS__REFRESH_TOKEN and so on. Nothing of them goes through Airflow.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Variable, task, task_group

_ROOT = Path(__file__).parents[2]
_NO_FIRM = "{}"
_FIRST_RETRY = timedelta(seconds=float(Variable.get("clio_retry_seconds", default="300")))
_FRESH_FOR = timedelta(hours=30)


@task(retries=3, retry_delay=_FIRST_RETRY, retry_exponential_backoff=True)
def load(firm: str, destination: str, dataset: str, collections: list[str] | None = None) -> dict[str, int]:
    """Loads one firm; returns how many collections ended how. A failure is told by name, and retried."""
    from clio_source import clio_source, sync
    from clio_source.destinations import pipeline_into

    source = clio_source.with_args(section=f"clio_{firm}")()
    if collections:
        source = source.with_resources(*collections)
    receipts = sync(pipeline_into(destination, dataset), source, deletions=True)
    outcomes = [receipt.outcome for receipt in receipts]
    wrong = [r.collection for r in receipts if r.outcome not in ("complete", "forbidden")]
    if wrong:
        raise RuntimeError(f"Not read to their end: {', '.join(wrong)}. clio_sync_log says why.")
    return {outcome: outcomes.count(outcome) for outcome in set(outcomes)}


@task
def check_fresh(destination: str, dataset: str) -> str:
    """Fails when no run has ended lately, whatever the load said."""
    from clio_source.destinations import pipeline_into
    from clio_source.sync import SYNC_LOG
    from clio_source.warehouse import Warehouse

    rows = Warehouse(pipeline_into(destination, dataset)).read(SYNC_LOG, ["finished_at"])
    last = max((row[0] for row in rows if isinstance(row[0], datetime)), default=None)
    if last is None or datetime.now(UTC) - last.astimezone(UTC) > _FRESH_FOR:
        raise RuntimeError(f"{dataset} was last loaded at {last}: it is stale.")
    return last.isoformat()


@task(trigger_rule="all_done")
def build_marts(_loaded: list[Any]) -> None:
    """Builds the dbt project of what is loaded, also when one firm failed."""
    dbt = [sys.executable, "-m", "dbt.cli.main", "build", "--project-dir", "dbt", "--profiles-dir", "dbt"]
    subprocess.run(dbt, cwd=_ROOT, check=True, env=os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"})  # noqa: S603


@task_group
def firm_group(firm: str, destination: str, dataset: str, collections: list[str] | None) -> Any:
    """One firm: loaded, then checked."""
    loaded = load(firm, destination, dataset, collections)
    fresh = check_fresh(destination, dataset)
    loaded >> fresh
    return fresh


with DAG(
    "clio",
    schedule="17 7 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # two at once would undo each other's watermarks
    doc_md=__doc__,
):
    firms = json.loads(Variable.get("clio_firms", default=_NO_FIRM))
    groups = [
        firm_group.override(group_id=firm)(
            firm, told["destination"], told.get("dataset", firm), told.get("collections")
        )
        for firm, told in firms.items()
    ]
    if Variable.get("clio_marts", default="") and (_ROOT / "dbt").exists():
        build_marts(groups)
