"""Answers, and how they go over the line, broken ones included."""

import asyncio
import gzip
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
GZIP_FROM_BYTES = 1_000


@dataclass(slots=True)
class Reply:
    """One answer before it is sent."""

    status: int = 200
    payload: dict[str, object] | None = None
    """The JSON body; None where ``body`` is given as it is."""
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    again: Callable[[], str] | None = None
    """Gives another link to the same page of a list."""

    def render(self) -> bytes:
        """Returns the body's bytes."""
        return self.body if self.payload is None else dumps(self.payload)


def dumps(value: object) -> bytes:
    """Returns JSON: decimals with their own digits, timestamps with their offset and whole seconds."""
    return orjson.dumps(value, default=_exact, option=orjson.OPT_OMIT_MICROSECONDS | orjson.OPT_NON_STR_KEYS)


class WireProtocol(H11Protocol):
    """uvicorn's HTTP protocol, which lets the application reach its connection (to break it)."""

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.app_state = {**app_state, "protocol": self}


class Line:
    """One request's way back to the client."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._transport: asyncio.Transport = scope["state"]["protocol"].transport

    async def deliver(self, reply: Reply, *, accept_gzip: bool, cut_at: float | None = None) -> None:
        """Sends an answer; ``cut_at`` sends that share of its body, with a length that agrees."""
        body = reply.render()
        if cut_at is not None:
            body = body[: int(len(body) * cut_at)]
        headers = dict(reply.headers)
        if accept_gzip and len(body) >= GZIP_FROM_BYTES:
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        media = None if reply.status == 304 else reply.content_type
        await Response(body, reply.status, headers, media)(self._scope, self._receive, self._send)

    async def stop_short(self, reply: Reply, share: float, *, reset: bool) -> None:
        """Promises the whole body, sends a share of it, then closes or resets the connection."""
        body = reply.render()
        names = {**reply.headers, "Content-Type": reply.content_type, "Content-Length": str(len(body))}
        raw = [(name.lower().encode(), value.encode()) for name, value in names.items()]
        await self._send({"type": "http.response.start", "status": reply.status, "headers": raw})
        part = body[: int(len(body) * share)]
        await self._send({"type": "http.response.body", "body": part, "more_body": True})
        await (self.reset() if reset else self._close())

    async def reset(self) -> None:
        """Drops the connection: the client sees it reset by its peer."""
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
        await _connection_lost()

    async def _close(self) -> None:
        self._transport.close()
        await _connection_lost()


async def _connection_lost() -> None:
    # The loop tells the protocol in one of its next rounds; the application must not return before.
    for _ in range(3):
        await asyncio.sleep(0)


def _exact(value: object) -> object:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"a record holds a {type(value).__name__}, which is not a JSON value")
