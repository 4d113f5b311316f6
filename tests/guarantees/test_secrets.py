"""Token, secret and refresh token are told nowhere and kept nowhere, whatever goes wrong: we search for them.

Looked through are log lines of all loggers at DEBUG, output, exceptions, traces, dlt's working folder, the
warehouse, what dlt reports to its platform, and all that another host is sent.
"""

import base64
import gzip
import json
import logging
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest

from clio_sandbox import Fault
from clio_source import clio_source, sync
from clio_source.auth import ClioCredentials
from clio_source.errors import ClioError
from clio_source.receipt import Receipt

from ..conftest import Warehouse
from .command import run_command
from .disturb import at_request, put_in_force
from .mortal import Mortal
from .search import found, of_error, of_files, of_warehouse
from .small_pages import load, renewable, rounds, small_pages, token_of

NAMES = ("activities", "bank_transactions", "users")
SETTINGS = "SOURCES__CLIO__CREDENTIALS__"


class Recorder:
    """Another host: it keeps all that it is sent. `redirect` sends everybody on, there or elsewhere."""

    def __init__(self, redirect: str | None = None) -> None:
        self.received: list[str] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                owner.received.append(f"{self.requestline}\n{self.headers}\n{body!r}")
                self.send_response(307 if redirect else 200)
                if redirect:
                    self.send_header("Location", redirect + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_PUT = do_GET  # noqa: N815  the names that http.server calls

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> "Recorder":
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def clio() -> Iterator[Mortal]:
    sandbox = Mortal()
    with sandbox:
        yield sandbox


@pytest.fixture
def elsewhere() -> Iterator[Recorder]:
    with Recorder() as recorder:
        yield recorder


# Where it might be told or kept


@pytest.mark.parametrize("seed", range(rounds(1)))
def test_no_run_that_goes_wrong_tells_or_keeps_a_secret(
    seed: int,
    clio: Mortal,
    warehouse: Warehouse,
    told: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    errors: list[BaseException | None] = []
    receipts: dict[str, Receipt] = {}
    traces: list[str] = []
    put_in_force(clio, seed)
    at_request(clio, "activities", 3, clio.control.expire_access_tokens)
    at_request(clio, "bank_transactions", 6, clio.control.revoke_access)
    for credentials in (renewable(clio), renewable(clio), token_of(clio)):
        try:
            receipts = load(warehouse, small_pages(clio.url, credentials, NAMES), checkpoint_pages=4)
        except ClioError as error:
            errors.append(error)
        errors += [receipt.error for receipt in receipts.values()]
        trace = warehouse.pipeline().last_trace
        traces += [repr(receipts), repr(credentials), str(credentials), repr(trace), str(trace)]
    assert any(errors)
    assert any("urllib3" in line for line in told)
    said = capfd.readouterr()
    assert found(clio.secrets, *told, said.out, said.err) == []
    assert found(clio.secrets, *map(of_error, errors), *traces) == []
    assert found(clio.secrets, *of_files(warehouse.file.parent), *of_warehouse(warehouse.file)) == []
    assert found(clio.secrets, json.dumps(warehouse.pipeline().state, default=str)) == []


def test_the_command_tells_and_keeps_no_secret_of_its_settings(
    clio: Mortal, elsewhere: Recorder, tmp_path: Path
) -> None:
    """Here dlt itself reads the secrets from the settings, and traces what it read and from where."""
    settings = {
        f"{SETTINGS}ACCESS_TOKEN": clio.token,
        f"{SETTINGS}CLIENT_ID": clio.client_id,
        f"{SETTINGS}CLIENT_SECRET": clio.client_secret,
        f"{SETTINGS}REFRESH_TOKEN": clio.refresh_token,
        "RUNTIME__LOG_LEVEL": "DEBUG",
        "RUNTIME__DLTHUB_DSN": f"http://{elsewhere.address}/platform",
    }
    clio.control.expire_access_tokens()
    clio.control.fault(Fault("502", "users", count=1))
    clio.control.fault(Fault("foreign_next", "activities", host=f"http://{elsewhere.address}"))
    done = run_command(tmp_path, clio, "--select", ",".join(NAMES), settings=settings)
    assert done.code == 1
    assert "another host" in done.out
    assert clio.control.requests("oauth/token")
    assert any(request.startswith("PUT /platform/trace ") for request in elsewhere.received)
    assert found(clio.secrets, done.out, done.err, *elsewhere.received) == []
    assert found(clio.secrets, *of_files(tmp_path), *of_warehouse(tmp_path / "warehouse.duckdb")) == []


def test_what_is_searched_for_would_be_found(clio: Mortal, told: list[str], tmp_path: Path) -> None:
    """The search itself is no proof unless it finds what is there."""
    logging.getLogger("some.library").debug("Authorization: Bearer %s", clio.token)
    (tmp_path / "state").write_bytes(gzip.compress(clio.refresh_token.encode()))
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("create table _dlt_pipeline_state (state varchar)")
        packed = base64.b64encode(zlib.compress(clio.client_secret.encode())).decode()
        connection.execute("insert into _dlt_pipeline_state values (?)", [packed])
    try:
        raise ValueError(f"at {clio.token}")
    except ValueError as error:
        raised = of_error(error)
    for texts in (told, [raised], of_files(tmp_path), of_warehouse(tmp_path / "w.duckdb")):
        assert len(found(clio.secrets, *texts)) >= 1
    assert len(found(clio.secrets, base64.b64encode(clio.client_secret.encode()))) == 1


# Where it might be sent


def test_a_next_link_to_another_host_is_never_asked(
    clio: Mortal, elsewhere: Recorder, warehouse: Warehouse
) -> None:
    ours, other = clio.url.removeprefix("http://"), elsewhere.address
    hosts = {
        "bills": f"http://{other}",
        "users": f"http://{ours}@{other}",
        "groups": f"http://user:{ours}@{other}",
        "currencies": f"//{other}",
    }
    for name, host in hosts.items():
        clio.control.fault(Fault("foreign_next", name, host=host))
    receipts = load(warehouse, small_pages(clio.url, token_of(clio), hosts))
    assert all("leads to another host" in receipt.why for receipt in receipts.values())
    assert elsewhere.received == []


@pytest.mark.parametrize("with_token", [True, False], ids=["asking for a list", "asking for a token"])
def test_a_redirect_to_another_host_is_never_followed(
    with_token: bool, elsewhere: Recorder, warehouse: Warehouse
) -> None:
    credentials = ClioCredentials(
        access_token="a-token" if with_token else None,
        client_id="an-app",
        client_secret="a-secret",  # pragma: allowlist secret
        refresh_token="a-refresh-token",
    )
    with Recorder(redirect=f"http://{elsewhere.address}") as clio:
        source = clio_source(credentials, api_url=f"http://{clio.address}").with_resources("bills")
        with pytest.raises(ClioError):
            sync(warehouse.pipeline(), source)
        assert clio.received
    assert elsewhere.received == []
