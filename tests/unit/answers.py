"""A tiny server that answers whatever a test wants, and clients of it and of the sandbox."""

import threading
import traceback
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from clio_sandbox import Sandbox
from clio_source.auth import ClioCredentials, TokenAuth
from clio_source.client import ClioClient
from clio_source.errors import (
    AuthenticationError,
    ClioError,
)
from clio_source.throttle import Throttle

TOKEN, SECRET, REFRESH_TOKEN = "token-of-the-firm", "secret-of-the-app", "refresh-of-the-firm"
PRIVILEGED = "Privileged v. Confidential"  # stands in bodies
QUERY = "updated_since=2026-06-30"

FIRST_ATTEMPTS, ATTEMPTS = 3, 9
KEPT = "What is loaded stays; the next run goes on from there."


@dataclass
class Answer:
    status: int = 200
    body: bytes = b'{"data":[{"id":1}],"meta":{"paging":{}}}'
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


class Server:
    """Answers in turn what it was given, the last answer again and again, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [Answer()]
        self.sign_in = Answer(404)
        self.received: list[str] = []
        """Request line, headers and body of each request."""
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.answer(self)

            do_POST = do_GET  # noqa: N815  the names that http.server calls

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0))).decode()
        self.received.append(f"{request.requestline}\n{request.headers}\n{body}")
        if request.path == "/oauth/token":
            answer = self.sign_in
        else:
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        request.send_response(answer.status)
        for name, value in ({"Content-Length": str(len(answer.body))} | answer.headers).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(answer.body)

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


def client_of(place: Server | Sandbox, **credentials: Any) -> ClioClient:
    if isinstance(place, Sandbox):
        token = ClioCredentials(access_token=place.token, **credentials)
    else:
        token = ClioCredentials(access_token=TOKEN, **credentials)
    return ClioClient(place.url, TokenAuth(token, place.url), "4.0.13", Throttle(), pause_seconds=0.001)


def refreshing(place: Server | Sandbox) -> ClioClient:
    if isinstance(place, Sandbox):
        app = (place.client_id, place.client_secret, place.refresh_token)
    else:
        app = ("app", SECRET, REFRESH_TOKEN)
    return client_of(place, client_id=app[0], client_secret=app[1], refresh_token=app[2])


def bills(client: ClioClient) -> str:
    return client.list_address(
        "bills", {"fields": "id,total", "limit": "2", "updated_since": "2026-06-30T00:00:00Z"}
    )


def read(client: ClioClient) -> Any:
    return client.read_page(bills(client), "bills, page 1")


def refused(client: ClioClient, kind: type[ClioError], *phrases: str) -> ClioError:
    """Returns the error that reading raises: of this kind, with these phrases, and discreet."""
    with pytest.raises(ClioError) as caught:
        read(client)
    error = caught.value
    assert type(error) is kind
    assert all(phrase in str(error) for phrase in phrases), str(error)
    told = f"{error} {error!r} {error.args} {''.join(traceback.format_exception(error))} {error.__dict__}"
    token = client._auth.token if not isinstance(error, AuthenticationError) else TOKEN  # noqa: SLF001  to look for it
    assert not any(
        part in told for part in (token, TOKEN, SECRET, REFRESH_TOKEN, PRIVILEGED, QUERY, "page_token=")
    )
    return error


def asked(clio: Sandbox, collection: str = "bills") -> list[int]:
    """Returns the statuses of the requests for a collection, in their order."""
    return [exchange.status for exchange in clio.control.requests(collection)]
