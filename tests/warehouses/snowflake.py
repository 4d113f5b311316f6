"""Snowflake's HTTP interface, as far as its connector and dlt use it, over DuckDB.

It is no Snowflake: it shows what is sent, and that the SQL means what it should. Stages are folders here.
What Snowflake makes of Parquet, its clustering and its prices stay untried.
"""

import gzip
import json
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb

from .engine import Engine

DATABASE = "FIRM"
PASSWORD = "invented-password"  # pragma: allowlist secret
_TYPES = {
    "VARCHAR": "TEXT",
    "DECIMAL(38,9)": "NUMBER",
    "DECIMAL(19,0)": "NUMBER",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_LTZ",
    "DOUBLE": "FLOAT",
}
_PUT = re.compile(r"^PUT 'file://(?P<file>[^']+)' '(?P<stage>[^']+)'", re.IGNORECASE)
_COPY = re.compile(r"^COPY INTO (?P<table>\S+)\s+FROM '(?P<place>[^']+)'", re.IGNORECASE)

Json = dict[str, Any]


class Snowflake:
    """The service: its engine, its stages, and every PUT and COPY that came."""

    def __init__(self) -> None:
        self.engine = Engine("snowflake", DATABASE, _TYPES)
        self.stages = Path(tempfile.mkdtemp(prefix="snowflake-"))
        self.copies: list[str] = []
        self.port = 0

    @property
    def credentials(self) -> str:
        """What dlt's configuration holds."""
        return (
            f"snowflake://loader:{PASSWORD}@firm/{DATABASE}?warehouse=small&role=loader"
            f"&host=127.0.0.1&port={self.port}&protocol=http"
        )

    def run(self, sql: str) -> Json:
        sql = sql.strip()
        if put := _PUT.match(sql):
            folder = self._stage(put["stage"])
            folder.mkdir(parents=True, exist_ok=True)
            return _upload(put["file"], folder)
        if copy := _COPY.match(sql):
            self.copies.append(sql)
            self.engine.run_nothing(sql)
            count = self.engine.load(copy["table"], self._stage(copy["place"]))
            return _rows([("file", "VARCHAR"), ("rows_loaded", "BIGINT")], [("file", count)])
        return _rows(*self.engine.run(sql))

    def _stage(self, place: str) -> Path:
        return self.stages / re.sub(r"[^\w/.]", "_", place)


class _Handler(BaseHTTPRequestHandler):
    service: Snowflake
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        path = self.path.partition("?")[0]
        if path == "/session/v1/login-request":
            self._log_in(json.loads(body)["data"])
        elif path == "/queries/v1/query-request":
            self._run(json.loads(body)["sqlText"])
        else:
            self._answer({"success": True, "data": {}})

    def _log_in(self, given: Json) -> None:
        if given["PASSWORD"] != PASSWORD:
            self._answer({"success": False, "code": "390100", "message": "Incorrect username or password."})
            return
        session = {
            "databaseName": DATABASE,
            "schemaName": None,
            "warehouseName": "SMALL",
            "roleName": "LOADER",
        }
        data = {"token": "t", "masterToken": "m", "sessionId": 1, "parameters": [], "sessionInfo": session}
        self._answer({"success": True, "code": None, "message": None, "data": data})

    def _run(self, sql: str) -> None:
        try:
            self._answer({"success": True, "code": None, "message": None, "data": self.service.run(sql)})
        except duckdb.CatalogException as missing:
            self._fail(missing, "002003", "02000")
        except duckdb.Error as wrong:
            self._fail(wrong, "001003", "42000")

    def _fail(self, error: Exception, code: str, state: str) -> None:
        data = {"sqlState": state, "queryId": "q"}
        self._answer({"success": False, "code": code, "message": str(error), "data": data})

    def _answer(self, told: Json) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def running_snowflake() -> Iterator[Snowflake]:
    """Yields a service that listens on this machine."""
    service = Snowflake()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"service": service}))
    service.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


def _upload(file: str, folder: Path) -> Json:
    return {
        "command": "UPLOAD",
        "src_locations": [file],
        "stageInfo": {"locationType": "LOCAL_FS", "location": str(folder), "creds": {}},
        "autoCompress": False,
        "sourceCompression": "NONE",
        "overwrite": True,
        "parallel": 1,
        "encryptionMaterial": None,
        "statementTypeId": 0x7000,
    }


def _rows(columns: list[tuple[str, str]], rows: list[tuple[Any, ...]]) -> Json:
    return {
        "parameters": [],
        "rowtype": [
            {"name": name, "nullable": True, "length": None, "byteLength": None, **_wire_type(kind)}
            for name, kind in columns
        ],
        "rowset": [[_wire(value) for value in row] for row in rows],
        "total": len(rows),
        "returned": len(rows),
        "queryId": "q",
        "sqlState": None,
        "statementTypeId": 0x1000,
        "version": 1,
        "queryResultFormat": "json",
    }


def _wire_type(kind: str) -> Json:
    if found := re.match(r"DECIMAL\((\d+),(\d+)\)", kind):
        return {"type": "fixed", "precision": int(found[1]), "scale": int(found[2])}
    if kind in ("BIGINT", "INTEGER", "HUGEINT"):
        return {"type": "fixed", "precision": 38, "scale": 0}
    if kind == "TIMESTAMP WITH TIME ZONE":
        return {"type": "timestamp_ltz", "precision": 0, "scale": 9}
    return {
        "type": {"BOOLEAN": "boolean", "DATE": "date", "DOUBLE": "real"}.get(kind, "text"),
        "scale": None,
        "precision": None,
    }


def _wire(value: object) -> str | None:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        whole = int(value.astimezone(UTC).timestamp())
        return f"{whole}.{value.microsecond * 1000:09d}"
    if isinstance(value, date):
        return str((value - date(1970, 1, 1)).days)
    if isinstance(value, Decimal):
        return format(value, "f")
    return None if value is None else str(value)
