"""Loads a law firm's Clio into a DuckDB file, and keeps it up to date.

    python pipelines/clio_to_duckdb.py --sandbox     an invented firm from a local Clio; no account needed
    python pipelines/clio_to_duckdb.py               your firm (README: Connect a firm)

Exit code 0: complete. 1: something failed or is incomplete, by name. 2: what was given cannot be used.
3: complete except collections that the token may not read.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import duckdb
from command import EXIT_CODES, common_options, datasets, run, source_for
from console import console
from kpis import show_kpis
from marts import build_marts, check_dbt, marts_of, marts_schema
from result import worst

from clio_source import ClioSource
from clio_source.destinations import pipeline_into
from clio_source.errors import ClioError, ConfigurationError
from clio_source.files import publish

_RECEIVABLES = """\
select client__name as client, currency__code as currency, count(*) as bills, sum(balance) as outstanding
from {dataset}.bills
where state = 'awaiting_payment' and kind <> 'trust_kind'
group by all order by outstanding desc limit 5"""


def main() -> int:
    options = _options()
    database, dataset = Path(options.database), options.dataset

    def load() -> int:
        _check_database(database, dataset)
        if options.marts:
            check_dbt()
        first_load, codes = not database.exists(), []
        for schema, collections in datasets(options).items():
            _check_database(database, schema)
            pipeline = pipeline_into(f"duckdb:{database}", schema)
            with source_for(pipeline, options, collections) as (source, books):
                codes.append(run(pipeline, source, options, first_load=first_load))
            if collections is None:
                _show_query(database, schema, source, answer=options.sandbox)
            if options.publish and not options.plan:
                written = publish(database, schema, options.publish, options.format)
                console.say(f"{len(written)} tables of {schema} published as {options.format}.")
        if options.marts and not options.plan:
            console.say("\nBuilding the marts …")
            count = build_marts(database, marts_schema(dataset), marts_of(dataset))
            console.say(f"{count} models and tests are fine. The marts are in {marts_schema(dataset)}.\n")
            whole = codes == [0] and not (options.select or options.exclude or options.replicate)
            show_kpis(database, dataset, books if whole else None)
        return worst(codes)

    return console.guard(load)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Loads a law firm's Clio into a DuckDB file, and keeps it up to date.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--database", metavar="PATH", default="warehouse.duckdb", help="default: %(default)s")
    parser.add_argument("--publish", metavar="URL", help="then write changed tables into a folder or bucket")
    parser.add_argument(
        "--format", choices=("parquet", "delta"), default="parquet", help="of what is published; parquet"
    )
    parser.add_argument("--marts", action="store_true", help="then build the dbt marts")
    common_options(parser)
    return parser.parse_args()


def _check_database(database: Path, dataset: str) -> None:
    """Raises before anything is read when the file cannot be written."""
    doing = f"Database {database}"
    if database.stem in (dataset, f"{dataset}_staging", marts_schema(dataset)):
        raise ConfigurationError(
            doing,
            f"the file is named like the schema {database.stem} in it.",
            f"DuckDB then cannot tell which of both `{database.stem}.bills` means.",
            "Give the file another name, such as warehouse.duckdb.",
        )
    try:
        if database.exists():
            duckdb.connect(str(database)).close()
        else:
            tempfile.TemporaryFile(dir=database.parent).close()
    except duckdb.Error as failure:
        locked = "lock" in str(failure)
        raise ClioError(
            doing,
            "another process has it open." if locked else "DuckDB cannot open it.",
            "Only one process at a time can write a DuckDB file."
            if locked
            else "It is not a DuckDB file, or a newer DuckDB wrote it.",
            "Close the other program, or give another file with --database. Nothing was loaded.",
        ) from None
    except OSError as failure:
        raise ClioError(
            doing,
            f"its directory cannot be written ({failure.strerror}).",
            "The file could not be made there.",
            "Make the directory, or give another file with --database. Nothing was loaded.",
        ) from None


def _show_query(database: Path, dataset: str, source: ClioSource, answer: bool) -> None:
    if source.reader.receipts["bills"].outcome != "complete":
        return
    query = _RECEIVABLES.format(dataset=_quoted(dataset))
    console.say(f"\nOpen {database} with DuckDB and try, for the largest receivables:\n\n{query}\n")
    if answer:
        with duckdb.connect(str(database), read_only=True) as connection:
            connection.execute(query)
            console.show_rows([column[0] for column in connection.description], connection.fetchall())


def _quoted(name: str) -> str:
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'


if __name__ == "__main__":
    sys.exit(main())
