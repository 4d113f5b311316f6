"""BigQuery's REST interface, as far as Google's client and dlt use it, over DuckDB.

It is no BigQuery: it shows what is sent, and that the SQL means what it should. Prices, quotas, slots and
the loading of Parquet by BigQuery itself stay untried.
"""

import json
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .engine import Engine

PROJECT = "firm-warehouse"
_TYPES = {
    "BIGINT": "INT64",
    "VARCHAR": "STRING",
    "DECIMAL(38,9)": "NUMERIC(38, 9)",
    "BOOLEAN": "BOOL",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "DOUBLE": "FLOAT64",
}
_WIRE = {"INT64": "INTEGER", "BOOL": "BOOLEAN", "FLOAT64": "FLOAT"}

Json = dict[str, Any]


class BigQuery:
    """The service: its engine, and every load job's configuration."""

    def __init__(self) -> None:
        self.engine = Engine("bigquery", PROJECT, _TYPES)
        self.loads: list[Json] = []
        self.jobs: dict[str, Json] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="bigquery-"))
        self.address = ""

    @cached_property
    def credentials(self) -> str:
        """A service account's key file."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        account = {
            "project_id": PROJECT,
            "private_key": key.decode(),
            "client_email": f"loader@{PROJECT}.example",
            "token_uri": f"{self.address}/token",
        }
        return json.dumps(account)

    def query(self, asked: Json) -> Json:
        values = [
            _value(p["parameterType"]["type"], p["parameterValue"].get("value"))
            for p in asked.get("queryParameters", ())
        ]
        columns, rows = self.engine.run(asked["query"], values)
        fields = [{"name": name, "type": _wire_type(kind), "mode": "NULLABLE"} for name, kind in columns]
        found = [{"f": [{"v": _wire(value)} for value in row]} for row in rows]
        return {
            "schema": {"fields": fields},
            "rows": found,
            "totalRows": str(len(found)),
            "jobComplete": True,
        }

    def load(self, asked: Json, body: bytes) -> Json:
        load = asked["configuration"]["load"]
        self.loads.append(load)
        suffix = {"PARQUET": "parquet", "NEWLINE_DELIMITED_JSON": "json"}[load["sourceFormat"]]
        file = self.folder / f"{len(self.loads)}.{suffix}"
        file.write_bytes(body)
        into = load["destinationTable"]
        count = self.engine.load(f'"{into["projectId"]}"."{into["datasetId"]}"."{into["tableId"]}"', file)
        job = self._job(asked) | {"statistics": {"load": {"outputRows": str(count)}}}
        self.jobs[job["jobReference"]["jobId"]] = job
        return job

    def insert(self, asked: Json) -> Json:
        job = self._job(asked)
        query = asked["configuration"]["query"]
        if query.get("createSession"):
            job["statistics"] = {"sessionInfo": {"sessionId": "session"}}
        job["result"] = self.query(query)
        self.jobs[job["jobReference"]["jobId"]] = job
        return job

    def _job(self, asked: Json) -> Json:
        reference = {"projectId": PROJECT, "location": "US"} | asked.get("jobReference", {})
        reference.setdefault("jobId", f"job{len(self.jobs)}")
        return {
            **asked,
            "kind": "bigquery#job",
            "jobReference": reference,
            "status": {"state": "DONE"},
            "statistics": {},
        }


class _Handler(BaseHTTPRequestHandler):
    service: BigQuery
    uploads: dict[str, Json]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if found := re.search(r"/(jobs|queries)/([^/]+)$", path):
            job = self.service.jobs[found[2]]
            shown = {k: v for k, v in job.items() if k != "result"}
            self._answer(
                shown if found[1] == "jobs" else job["result"] | {"jobReference": job["jobReference"]}
            )
        elif found := re.search(r"/datasets/([^/]+)$", path):
            rows = self.service.engine.rows(
                "FROM information_schema.schemata WHERE"
                f" catalog_name = '{PROJECT}' AND schema_name = '{found[1]}'"
            )
            self._answer(
                {"datasetReference": {"projectId": PROJECT, "datasetId": found[1]}}
            ) if rows else self._missing()
        else:
            self._missing()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if path == "/token":
            self._answer({"access_token": "invented", "expires_in": 3600, "token_type": "Bearer"})
            return
        asked = json.loads(body)
        if "/upload/" in path:
            place = f"/put/{len(self.uploads)}"
            self.uploads[place] = asked
            self._answer({}, Location=self.service.address + place)
        elif path.endswith("/datasets"):
            name = asked["datasetReference"]["datasetId"]
            self.service.engine.run(f"CREATE SCHEMA `{PROJECT}`.`{name}`")
            self._answer(asked)
        else:
            self._ask(path, asked)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(self.service.load(self.uploads[self.path], body))

    def _ask(self, path: str, asked: Json) -> None:
        try:
            if path.endswith("/queries"):
                reference = {"projectId": PROJECT, "jobId": "q", "location": "US"}
                self._answer(self.service.query(asked) | {"jobReference": reference})
            else:
                job = self.service.insert(asked)
                self._answer({k: v for k, v in job.items() if k != "result"})
        except duckdb.CatalogException as missing:
            self._missing(str(missing))
        except duckdb.Error as wrong:
            error = {"reason": "invalid", "message": str(wrong)}
            self._answer({"error": {"code": 400, "message": str(wrong), "errors": [error]}}, 400)

    def _missing(self, why: str = "it") -> None:
        message = f"Not found: Table or Dataset: {why}"
        error = {"code": 404, "message": message, "errors": [{"reason": "notFound", "message": message}]}
        self._answer({"error": error}, 404)

    def _answer(self, told: Json, status: int = 200, **headers: str) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def running_bigquery() -> Iterator[BigQuery]:
    """Yields a service that listens on this machine."""
    service = BigQuery()
    handler = type("Handler", (_Handler,), {"service": service, "uploads": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    service.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


def _value(kind: str, text: str | None) -> object:
    match kind, text:
        case _, None:
            return None
        case "INT64", str():
            return int(text)
        case "BOOL", str():
            return text.lower() == "true"
        case "NUMERIC" | "BIGNUMERIC", str():
            return Decimal(text)
        case "FLOAT64", str():
            return float(text)
        case "TIMESTAMP", str():
            return datetime.fromisoformat(text)
    return text


def _wire_type(kind: str) -> str:
    name = _TYPES.get(
        kind, "NUMERIC" if kind.startswith("DECIMAL") else "INTEGER" if kind == "HUGEINT" else kind
    )
    return _WIRE.get(name, name.partition("(")[0])


def _wire(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return str(int(value.astimezone(UTC).timestamp()) * 1_000_000 + value.microsecond)
    if isinstance(value, date):
        return value.isoformat()
    return None if value is None else str(value)
