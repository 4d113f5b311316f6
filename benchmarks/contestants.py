"""The ways to load that are compared, each run in a process of its own::

    python -m benchmarks.contestants floor_json http://127.0.0.1:8901 plan.json load.duckdb

All ask for the same pages with the same fields and leave the collections' tables in a DuckDB file. What to
ask for comes from a file, and each imports what it needs and no more: imports count.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypedDict

BEARER = "replayed"  # the access token; any will do


class Wanted(TypedDict):
    """One collection: its first page's query, its fields, and what nested rows call its records' id.

    ``fields`` has the form of a declaration: an object is a mapping, a list a list of one.
    """

    query: dict[str, str]
    fields: dict[str, Any]
    record_id: str


Plan = Mapping[str, Wanted]


def ours(url: str, plan: Plan, database: Path) -> None:
    """Our source as its command runs it: with checkpoints, receipts and the settings of .dlt/config.toml."""
    import dlt

    from clio_source import clio_source, sync
    from clio_source.auth import ClioCredentials
    from clio_source.warehouse import duckdb_file

    credentials = ClioCredentials()
    credentials.access_token = BEARER
    source = clio_source(credentials, api_url=url).with_resources(*plan)
    pipeline = dlt.pipeline("bench", destination=duckdb_file(database), dataset_name="clio")
    sync(pipeline, source)


def rest_api(url: str, plan: Plan, database: Path) -> None:
    """dlt's `rest_api` as its documentation teaches it, all else left at the defaults."""
    import dlt
    from dlt.sources.rest_api import rest_api_source

    _pipeline(dlt, database).run(rest_api_source(_rest_api_config(url, plan)))


def rest_api_tuned(url: str, plan: Plan, database: Path) -> None:
    """The same with Parquet, two processes to normalise, and no compression of working files."""
    import dlt
    from dlt.sources.rest_api import rest_api_source

    os.environ |= {
        "DATA_WRITER__DISABLE_COMPRESSION": "true",
        "NORMALIZE__WORKERS": "2",
        "NORMALIZE__DATA_WRITER__BUFFER_MAX_ITEMS": "20000",
        "SOURCES__DATA_WRITER__FILE_MAX_ITEMS": "20000",  # several files, so that two processes have work
    }
    source = rest_api_source(_rest_api_config(url, plan))
    _pipeline(dlt, database).run(source, loader_file_format="parquet")


def floor_orjson(url: str, plan: Plan, database: Path) -> None:
    """requests, orjson, Arrow, DuckDB: every row is a Python dict once."""
    from . import floors

    floors.load(url, plan, database, floors.decode_with_orjson)


def floor_json(url: str, plan: Plan, database: Path) -> None:
    """requests, pyarrow.json, DuckDB: no row is a Python object."""
    from . import floors

    floors.load(url, plan, database, floors.decode_with_arrow)


CONTESTANTS: Mapping[str, Callable[[str, Plan, Path], None]] = {
    contestant.__name__: contestant
    for contestant in (ours, rest_api, rest_api_tuned, floor_orjson, floor_json)
}


def _pipeline(dlt: Any, database: Path) -> Any:
    return dlt.pipeline("bench", destination=dlt.destinations.duckdb(str(database)), dataset_name="clio")


def _rest_api_config(url: str, plan: Plan) -> Any:
    return {
        "client": {
            "base_url": f"{url}/api/v4/",
            "auth": {"type": "bearer", "token": BEARER},
            "paginator": {"type": "json_link", "next_url_path": "meta.paging.next"},
        },
        "resource_defaults": {"primary_key": "id", "write_disposition": "merge"},
        "resources": [
            {
                "name": name,
                "endpoint": {
                    "path": f"{name}.json",
                    "params": _escaped(wanted["query"]) | {"updated_since": "{incremental.start_value}"},
                    "data_selector": "data",
                    "incremental": {"cursor_path": "updated_at", "initial_value": "2000-01-01T00:00:00Z"},
                },
            }
            for name, wanted in plan.items()
        ],
    }


def _escaped(query: Mapping[str, str]) -> dict[str, str]:
    """`rest_api` takes braces for its own expressions unless they are doubled."""
    return {name: value.replace("{", "{{").replace("}", "}}") for name, value in query.items()}


if __name__ == "__main__":
    contestant, url, plan, database = sys.argv[1:]
    CONTESTANTS[contestant](url, json.loads(Path(plan).read_text()), Path(database))
