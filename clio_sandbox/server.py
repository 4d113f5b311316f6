"""The HTTP server: one application over the API, sign-in and the control door, in a thread of its own."""

import asyncio
import re
import socket
import threading
import time
from urllib.parse import parse_qsl

import uvicorn
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from clio_sandbox.api import Api
from clio_sandbox.door import Door
from clio_sandbox.errors import ApiError, not_found
from clio_sandbox.faults import Fault, firewall_page, instead_of_answer, spoil
from clio_sandbox.oauth import OAuth
from clio_sandbox.wire import Line, Reply, WireProtocol
from clio_sandbox.world import Exchange, World

LOGGED_HEADERS = (
    "user-agent",
    "accept-encoding",
    "x-api-version",
    "if-none-match",
    "if-modified-since",
    "host",
)


class Application:
    """Answers every request to one sandbox."""

    def __init__(self, world: World, api: Api, door: Door) -> None:
        self._world, self._api, self._door = world, api, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, line = Request(scope, receive), Line(scope, receive, send)
        body = await request.body() if request.method not in ("GET", "HEAD") else b""
        accept_gzip = "gzip" in request.headers.get("accept-encoding", "")
        if request.url.path.startswith("/_sandbox/"):
            with self._world.lock:
                reply = self._door.answer(request, body)
            await line.deliver(reply, accept_gzip=accept_gzip)
            return
        with self._world.lock:
            reply, fault = self._answer(request, body)
        await _send(line, reply, fault, accept_gzip)

    def _answer(self, request: Request, body: bytes) -> tuple[Reply, Fault | None]:
        world = self._world
        world.clock.tick()
        exchange = self._logged(request)
        for callback in list(world.callbacks):
            callback(exchange)
        fault = None
        try:
            reply, fault = self._served(request, body, exchange)
        except ApiError as refused:
            reply = Reply(refused.status, refused.payload(), headers=refused.headers)
        if fault:
            exchange.fault = fault.kind
            spoil(fault, reply, f"{world.url}{request.url.path}?{request.url.query}")
        data = (reply.payload or {}).get("data")
        exchange.status, exchange.rows = reply.status, len(data) if isinstance(data, list) else reply.rows
        self._run_scripts(exchange)
        label = exchange.token or "none"
        reply.headers |= world.rate_limit.headers(label)
        reply.headers |= {"Date": world.clock.http_date(), "X-Request-Id": f"sandbox-{exchange.number:08d}"}
        return reply, fault

    def _served(self, request: Request, body: bytes, exchange: Exchange) -> tuple[Reply, Fault | None]:
        world, authorization = self._world, request.headers.get("authorization")
        if world.firewall and _looks_like_a_robot(request.headers.get("user-agent", "")):
            return firewall_page(), None
        if not request.url.path.startswith("/api/v4/"):
            fault = world.faults.strike(exchange.collection, 1)
            replaced = instead_of_answer(fault) if fault else None
            return replaced or _sign_in(world.oauth, request, body), fault
        _, token = world.oauth.bearer(authorization)
        world.rate_limit.count(token.label)
        fault = world.faults.strike(exchange.collection, self._api.page_of(request))
        replaced = instead_of_answer(fault) if fault else None
        return replaced or self._api.answer(request, token), fault

    def _logged(self, request: Request) -> Exchange:
        path = request.url.path
        in_api = path.startswith("/api/v4/")
        parameters: dict[str, str | list[str]] = {}
        for name, value in request.query_params.multi_items() if in_api else ():
            values = [*request.query_params.getlist(name)]
            parameters[name] = values if name.endswith("[]") else value
        exchange = Exchange(
            number=0,
            nth=0,
            method=request.method,
            path=path,
            collection=self._api.collection_of(path) if in_api else path.strip("/"),
            parameters=parameters,
            headers={name: request.headers[name] for name in LOGGED_HEADERS if name in request.headers},
            token=self._world.oauth.label(request.headers.get("authorization")),
            at=round(self._world.clock.elapsed, 3),
        )
        self._world.log.add(exchange)
        return exchange

    def _run_scripts(self, exchange: Exchange) -> None:
        for script in self._world.scripts:
            if not script.done and script.collection == exchange.collection and script.after <= exchange.nth:
                script.done = True
                for change in script.changes:
                    change()


class ServerThread:
    """Runs an application on a free port of this machine until it is stopped."""

    def __init__(self, host: str, port: int) -> None:
        # asyncio turns Nagle's delay off only for sockets that say they are TCP; create_server's do not.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        self._socket.listen(128)
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, application: Application) -> None:
        """Returns when the server answers."""
        config = uvicorn.Config(
            application,
            http=WireProtocol,
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,  # the sandbox's clock writes it
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="clio-sandbox", daemon=True
        )
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError(f"The sandbox's server at {self.url} ended while it started")
            time.sleep(0.002)

    def stop(self) -> None:
        """Ends the server and waits for it."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join(timeout=5)
        self._socket.close()


async def _send(line: Line, reply: Reply, fault: Fault | None, accept_gzip: bool) -> None:
    kind = fault.kind if fault else ""
    if fault and kind == "slow":
        await asyncio.sleep(fault.seconds)
    if fault and kind == "reset" and fault.at == "start":
        await line.reset()
    elif kind in ("reset", "short_body"):
        await line.stop_short(reply, 0.5, reset=kind == "reset")
    else:
        await line.deliver(reply, accept_gzip=accept_gzip, cut_at=0.6 if kind == "truncated" else None)


def _looks_like_a_robot(user_agent: str) -> bool:
    """Seen on real accounts: an empty agent and one with a URL in it get the firewall's page."""
    return not user_agent.strip() or re.search(r"https?://|www\.", user_agent, re.IGNORECASE) is not None


def _sign_in(oauth: OAuth, request: Request, body: bytes) -> Reply:
    match request.method, request.url.path:
        case "GET", "/oauth/authorize":
            return oauth.authorize(request.query_params)
        case "GET", "/oauth/approval":
            return oauth.approval(request.query_params)
        case "POST", "/oauth/token":
            return oauth.token(_form(request, body))
        case "POST", "/oauth/deauthorize":
            return oauth.deauthorize(request.headers.get("authorization"), _form(request, body))
    raise not_found()


def _form(request: Request, body: bytes) -> dict[str, str]:
    """Returns the form in the body; what stands in the query or in another encoding does not count."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    return dict(parse_qsl(body.decode("utf-8", "replace")))
