"""Builds the dbt marts on what was loaded, in the same process."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clio_source.errors import ClioError, ConfigurationError

PROJECT = Path(__file__).parents[1] / "dbt"
_NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
_SHOWN = 5  # names of failed models and tests in a message


def marts_schema(dataset: str) -> str:
    """The schema that the marts of a dataset are in: `clio_marts` for `clio`."""
    return f"{dataset}_marts"


def file_of_dbt() -> Path:
    """The DuckDB file that dbt writes when it is run by hand, as `dbt/profiles.yml` has it."""
    return (PROJECT / os.environ.get("CLIO_DATABASE", "../warehouse.duckdb")).resolve()


def check_dbt() -> None:
    """Raises ConfigurationError when dbt is not installed, before anything is read."""
    try:
        import dbt.adapters.duckdb
        import dbt.cli.main  # noqa: F401
    except ModuleNotFoundError as missing:
        raise ConfigurationError(
            "Option --marts",
            f"the module {missing.name} is not installed.",
            "The marts are built by dbt, which a load does not need.",
            "Run: pip install 'clio-source[dbt]'. Nothing was loaded.",
        ) from None


def marts_of(dataset: str) -> dict[str, Any]:
    """The variables of dbt for the only firm, in this dataset."""
    return {"clio_accounts": [{"name": "main", "schema": dataset}]}


def build_marts(database: Path, schema: str, variables: Mapping[str, Any]) -> int:
    """Builds and tests all models; returns how many there are.

    Unit tests are not run: they are of the models' text, not of the rows. dbt's own output stays away: it
    may quote rows.

    Raises:
        ClioError: a model could not be built, or a test found rows.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    os.environ["CLIO_DATABASE"] = str(database.resolve())
    os.environ["CLIO_MARTS_SCHEMA"] = schema
    asked = ["build", *_NO_UNIT_TESTS, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    asked += ["--log-level", "none", "--log-level-file", "none", "--vars", json.dumps(variables)]
    here = Path.cwd()
    try:
        built = dbtRunner().invoke(asked)
    finally:
        os.chdir(here)  # dbt works in the folder of its project
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt's
    results = getattr(built.result, "results", ())
    failed = [r.node.name for r in results if r.status in ("error", "fail")]
    if not built.success:
        raise _failed(failed, type(built.exception).__name__)
    return sum(r.node.resource_type in ("model", "test") for r in results)


def _failed(names: list[str], exception: str) -> ClioError:
    told = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} others" if len(names) > _SHOWN else "")
    return ClioError(
        "Marts",
        f"dbt failed at {told}." if names else f"dbt stopped with {exception}.",
        "What was loaded is in the warehouse; the marts may be older than that.",
        "Run `dbt build` in the folder dbt, with CLIO_DATABASE set, to see why.",
    )
