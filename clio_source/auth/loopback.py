"""A page on this machine to which Clio sends the browser back, with the code of the user's consent."""

import secrets
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

from ..errors import AuthenticationError, ConfigurationError
from .oauth import named

PATH = "/callback"
PATIENCE_SECONDS = 600  # Clio: a code is valid for 10 minutes

_PAGE = b"""<!doctype html><meta charset="utf-8"><title>Clio source</title>
<p>That is all. Close this page and go back to the terminal: it says whether the sign-in has worked.</p>"""


class Loopback:
    """Listens on a port of this machine, and of no network, for one answer.

    Raises:
        ConfigurationError: the port is taken.
    """

    def __init__(self, port: int) -> None:
        self._answers: SimpleQueue[dict[str, str]] = SimpleQueue()
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self._answers))
        except OSError as failure:
            raise ConfigurationError(
                f"Signing in, port {port}",
                f"it cannot be listened on ({failure.strerror}).",
                "Clio's answer could not reach us there.",
                "Give another --port and register its address in the app, or use --no-browser.",
            ) from None
        self._server.daemon_threads = True
        # Clio compares it letter by letter with those of the app: 127.0.0.1, and no slash at its end.
        self.uri = f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def __enter__(self) -> "Loopback":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float = PATIENCE_SECONDS) -> dict[str, str]:
        """Returns the parameters of the answer.

        Raises:
            AuthenticationError: none came in time.
        """
        try:
            return self._answers.get(timeout=seconds)
        except Empty:
            raise AuthenticationError(
                "Signing in to Clio",
                f"no answer came to {self.uri} in {seconds:.0f} seconds.",
                "Nobody has consented, or the browser runs on another machine.",
                "Sign in again, on another machine with --no-browser. Nothing was stored.",
            ) from None


def code_of(answer: Mapping[str, str], state: str | None) -> str:
    """Returns the code in Clio's answer.

    Args:
        state: what the answer must bring back; None where there is none to bring.

    Raises:
        AuthenticationError: it is another sign-in's answer, or the user said no.
    """
    if state is not None and not secrets.compare_digest(answer.get("state", "").encode(), state.encode()):
        raise AuthenticationError(
            "Signing in to Clio",
            "the answer has another state than the one that was sent.",
            "It belongs to an earlier attempt, or somebody else has sent it.",
            "Sign in again, and use the address of that attempt. Nothing was stored.",
        )
    if answer.get("code"):
        return answer["code"]
    why = named(answer.get("error", ""))
    raise AuthenticationError(
        "Signing in to Clio",
        "the user declined (access_denied)." if why == "access_denied" else f"Clio refused: {why}.",
        "The app was not given access.",
        "Sign in again and allow it, as an administrator of the firm. Nothing was stored.",
    )


def _handler(answers: "SimpleQueue[dict[str, str]]") -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # a browser opens lines that it does not use

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            found = asked.path == PATH
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(_PAGE) if found else 0))
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if found:
                self.wfile.write(_PAGE)
                answers.put(dict(parse_qsl(asked.query)))

        def log_message(self, *_: object) -> None:
            """Says nothing: the request line holds the code."""

    return Handler
