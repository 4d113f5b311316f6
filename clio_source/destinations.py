"""Where rows go: a dlt destination and pipeline from a short name.

::

    warehouse.duckdb    a DuckDB file; duckdb:PATH for any other name
    postgres            the credentials stand under [destination.postgres.credentials]
    snowflake
    bigquery
    postgres:london     a second server: [destination.london.credentials]
"""

import hashlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import dlt
from dlt.common.pipeline import get_dlt_pipelines_dir

from .errors import ConfigurationError
from .warehouse import duckdb_file

_EXTRAS = {
    "postgres": ("psycopg2", "adbc_driver_postgresql"),
    "snowflake": ("snowflake.connector",),
    "bigquery": ("google.cloud.bigquery",),
}


def destination_of(spec: str) -> Any:
    """Returns the destination that a short name means; credentials are dlt's matter.

    Raises:
        ConfigurationError: the name is not known, or what the destination needs is not installed.
    """
    kind, _, name = spec.partition(":")
    if file := duckdb_path(spec):
        return duckdb_file(file)
    if kind not in _EXTRAS:
        raise ConfigurationError(
            "Destination",
            f"`{spec}` came; postgres, snowflake, bigquery or a path that ends in .duckdb is due.",
            "It says where the rows go.",
            "To tell two servers of a kind apart, write postgres:london. Files: DuckDB and --publish.",
        )
    _check_installed(kind)
    return _factory(kind)(destination_name=name or kind)


def pipeline_into(spec: str, dataset: str = "clio", prefix: str = "") -> dlt.Pipeline:
    """Returns a pipeline with working files of its own: two datasets never see each other's state.

    Args:
        prefix: what the names of its tables begin with, where several share the dataset.
    """
    file = duckdb_path(spec)
    place = f"{file.resolve() if file else spec}/{dataset}/{prefix}".removesuffix("/")
    digest = hashlib.sha256(place.encode()).hexdigest()[:12]
    return dlt.pipeline(
        source_name(prefix),
        destination=destination_of(spec),
        dataset_name=dataset,
        pipelines_dir=str(Path(get_dlt_pipelines_dir()) / f"clio-{digest}"),
    )


def source_name(prefix: str) -> str:
    """Returns the name of pipeline and source that load with a prefix: dlt keeps their state apart by it."""
    return f"clio_{prefix}".removesuffix("_")


def check_merges(pipeline: dlt.Pipeline) -> None:
    """Raises ConfigurationError when the destination cannot replace rows: they would double."""
    destination = pipeline.destination
    if "delete-insert" not in (destination.capabilities().supported_merge_strategies or ()):
        raise ConfigurationError(
            f"Destination {destination.destination_name}",
            "it cannot delete and insert rows in one step.",
            "Records that change would be there twice, and nested lists would never shrink.",
            "Load into a database; for files, load into DuckDB with --publish.",
        )


def duckdb_path(spec: str) -> Path | None:
    """Returns the DuckDB file that a short name means, if it means one."""
    kind, _, path = spec.partition(":")
    return Path(path) if kind == "duckdb" else Path(spec) if spec.endswith(".duckdb") else None


def _factory(kind: str) -> Callable[..., Any]:
    if kind == "postgres":
        from .postgres import Postgres

        return Postgres
    factory: Callable[..., Any] = getattr(dlt.destinations, kind)
    return factory


def _check_installed(kind: str) -> None:
    for module in _EXTRAS[kind]:
        try:
            import_module(module)
        except ModuleNotFoundError:
            raise ConfigurationError(
                f"Destination {kind}",
                f"the module {module} is not installed.",
                "Each warehouse has a driver of its own, which the source does not need.",
                f"Run: pip install 'clio-source[{kind}]'.",
            ) from None
