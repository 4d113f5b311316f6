"""Airflow DAGs that load the firms of `accounts.toml` from Clio: a task group per firm.

Each task calls `sync`, not dlt's `PipelineTasksGroup`: that makes a task per resource and a package of each,
while `sync` reads side by side under one throttle, commits checkpoints, and restores its state from the
warehouse, so that a retry on any worker goes on from the last checkpoint.

The variable `clio_accounts` is the file's path; docs/accounts.md has what stands in it. An account with the
schedule hourly, daily, weekly or monthly is in the DAG `clio_hourly` and so on, all others in `clio`, each
night. Tokens are where dlt looks, in the environment of the workers or in `.dlt/secrets.toml`: nothing of
them goes through Airflow.
"""

import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Variable, task, task_group

_ROOT = Path(__file__).parents[2]
_NIGHTLY = "17 7 * * *"  # UTC; night in North America, when Clio lets more requests through
_SCHEDULES = ("hourly", "daily", "weekly", "monthly")
_FIRST_RETRY = timedelta(seconds=float(Variable.get("clio_retry_seconds", default="300")))
_FRESH_FOR = timedelta(hours=30)
_RETRIES: dict[str, Any] = {"retries": 3, "retry_delay": _FIRST_RETRY, "retry_exponential_backoff": True}


@task(**_RETRIES)
def load(file: str, name: str) -> dict[str, int]:
    """Loads one firm; returns how many collections ended how. A failure is told by name, and retried."""
    sys.path.insert(0, str(_ROOT / "pipelines"))
    import account_process

    result = account_process.load(_account(file, name), {})
    outcomes = [part.outcome for part in result.parts]
    if result.code not in (0, 3):
        wrong = [part.collection for part in result.parts if part.outcome not in ("complete", "forbidden")]
        raise RuntimeError(
            result.error or f"Not read to their end: {', '.join(wrong)}. clio_sync_log says why."
        )
    return {outcome: outcomes.count(outcome) for outcome in set(outcomes)}


@task
def check_fresh(file: str, name: str) -> str:
    """Fails when no run has ended lately, whatever the load said."""
    from clio_source.sync import SYNC_LOG
    from clio_source.warehouse import Warehouse

    account = _account(file, name)
    rows = Warehouse(account.pipeline(), account.prefix).read(SYNC_LOG, ["finished_at"])
    last = max((row[0] for row in rows if isinstance(row[0], datetime)), default=None)
    if last is None or datetime.now(UTC) - last.astimezone(UTC) > _FRESH_FOR:
        raise RuntimeError(f"{name} was last loaded at {last}: it is stale.")
    return last.isoformat()


@task(trigger_rule="all_done", **_RETRIES)
def build_marts(file: str, _loaded: list[Any]) -> int:
    """Builds the marts over all firms, also when one failed; returns how many models and tests there are."""
    from clio_source.accounts import MARTS, read_accounts

    sys.path.insert(0, str(_ROOT / "pipelines"))
    import account_marts
    import marts

    database, accounts = marts.file_of_dbt(), read_accounts(Path(file), to_load=False)
    count: int = marts.build_marts(database, MARTS, account_marts.dbt_variables(accounts, database))
    return count


@task_group
def firm_group(file: str, name: str) -> Any:
    """One firm: loaded, then checked."""
    fresh = check_fresh(file, name)
    load(file, name) >> fresh
    return fresh


def _account(file: str, name: str) -> Any:
    from clio_source.accounts import read_account

    try:
        return read_account(Path(file), name)
    except ExceptionGroup as mistakes:
        raise RuntimeError("\n".join(map(str, mistakes.exceptions))) from None


def accounts_by_dag(file: Path) -> dict[tuple[str, str], list[str]]:
    """Returns the names of the accounts for each DAG and its schedule; the tasks check the rest."""
    document = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    found: dict[tuple[str, str], list[str]] = {}
    for name, own in document.get("accounts", {}).items():
        label = {**document.get("defaults", {}), **own}.get("schedule")
        dag = (f"clio_{label}", f"@{label}") if label in _SCHEDULES else ("clio", _NIGHTLY)
        found.setdefault(dag, []).append(name)
    return found


accounts_file = Variable.get("clio_accounts", default=str(_ROOT / "accounts.toml"))
for (dag_id, schedule), names in accounts_by_dag(Path(accounts_file)).items():
    with DAG(
        dag_id,
        schedule=schedule,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,  # two at once would undo each other's watermarks
        doc_md=__doc__,
    ):
        groups = [firm_group.override(group_id=name)(accounts_file, name) for name in names]
        if Variable.get("clio_marts", default=""):
            build_marts(accounts_file, groups)
