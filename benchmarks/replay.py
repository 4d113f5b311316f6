"""A server that replays list pages of any length, cheaply enough not to be what is measured.

The records are those of the sandbox's firm, asked for with the fields that our declarations ask for, and
repeated with new ids until there are enough. All pages are rendered before the first request.
"""

import gzip
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
import requests

from clio_sandbox import Sandbox
from clio_source.collection import Collection, Field, List, Scalar, load_collections
from clio_source.layout import record_key

from .contestants import Plan

Records = Mapping[str, list[bytes]]

_FIRST_ID = 1_000_000_000
_PAGE = 200
_TEMPLATES = 4_000  # so many different records are enough


def read_records(names: Iterable[str]) -> Records:
    """Returns the demo firm's records of some collections, each as JSON without its opening ``{"id":7,``."""
    with Sandbox(size="demo") as clio:
        return {name: list(_read_list(clio, name)) for name in names}


def plan_of(names: Iterable[str]) -> Plan:
    """Returns what contestants have to know of some collections."""
    return {
        name: {
            "query": _query(collection),
            "fields": {field: _as_plain(declared) for field, declared in collection.fields},
            "record_id": record_key(collection),
        }
        for name, collection in load_collections().items()
        if name in names
    }


@contextmanager
def replaying(records: Records, rows: Mapping[str, int], *, compress: bool) -> Iterator[str]:
    """Serves so many rows of each collection from a process of its own; yields scheme and host."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs, records, rows, compress), daemon=True)
    server.start()
    theirs.close()
    try:
        yield str(ours.recv())
    finally:
        server.terminate()
        server.join()


def _query(collection: Collection) -> dict[str, str]:
    return {"fields": collection.fields_parameter, "limit": str(_PAGE), "order": "id(asc)"}


def _as_plain(declared: Field) -> Any:
    if isinstance(declared, Scalar):
        return declared.type
    if isinstance(declared, List):
        return [_as_plain(declared.item)]
    return {name: _as_plain(field) for name, field in declared}


def _read_list(clio: Sandbox, name: str) -> Iterator[bytes]:
    address = f"{clio.url}/api/v4/{name}.json?{urlencode(_query(load_collections()[name]))}"
    for _ in range(_TEMPLATES // _PAGE):
        reply = requests.get(address, headers={"Authorization": f"Bearer {clio.token}"}, timeout=60)
        reply.raise_for_status()
        page = orjson.loads(reply.content)
        for record in page["data"]:
            yield orjson.dumps({field: value for field, value in record.items() if field != "id"})[1:]
        address = page["meta"]["paging"].get("next")
        if not address:
            return


def _serve(parent: Connection, records: Records, rows: Mapping[str, int], compress: bool) -> None:
    """Renders all pages and answers until the process is ended."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections are kept
        wbufsize = -1  # headers and body leave together

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            name = asked.path.removeprefix("/api/v4/").removesuffix(".json")
            page = int(parse_qs(asked.query).get("page_token", ["0"])[0])
            body = pages[name][page]
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            if compress:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = f"http://127.0.0.1:{server.server_address[1]}"
    pages = {name: _pages(name, host, records[name], rows[name]) for name in rows}
    pages["users/who_am_i"] = [b'{"data":{"id":1}}']  # with which a sync begins
    if compress:
        pages = {name: [gzip.compress(page, 6) for page in whole] for name, whole in pages.items()}
    threading.Thread(target=server.serve_forever).start()
    parent.send(host)


def _pages(name: str, host: str, templates: list[bytes], rows: int) -> list[bytes]:
    link = f"{host}/api/v4/{name}.json?{urlencode(_query(load_collections()[name]))}&page_token="
    following = cycle(templates)
    pages = []
    for number, first in enumerate(range(0, rows, _PAGE)):
        last = min(first + _PAGE, rows)
        data = b",".join(b'{"id":%d,%b' % (_FIRST_ID + n, next(following)) for n in range(first, last))
        paging = {"previous": f"{link}{number - 1}"} if number else {}
        if last < rows:
            paging["next"] = f"{link}{number + 1}"
        pages.append(b'{"data":[%b],"meta":{"paging":%b}}' % (data, orjson.dumps(paging)))
    return pages
