"""The control door: everything under ``/_sandbox/``, JSON over HTTP, no token needed.

::

    GET  /_sandbox/requests?collection=bills   GET /_sandbox/ledger   GET /_sandbox/records/bills
    POST /_sandbox/faults {"kind": "502", "collection": "bills", "nth": 2}
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, cast

from starlette.requests import Request

from clio_sandbox.catalog import Catalog
from clio_sandbox.control import Control
from clio_sandbox.faults import Fault
from clio_sandbox.firm import Id
from clio_sandbox.redaction import Redaction
from clio_sandbox.values import Json, loads, typed_record
from clio_sandbox.wire import Reply

Body = Mapping[str, Json]
Arguments = dict[str, Any]  # the dataclass that takes them checks them


class Door:
    """Translates HTTP into the methods of ``Control``."""

    def __init__(self, control: Control, catalog: Catalog) -> None:
        self._control, self._catalog = control, catalog

    def answer(self, request: Request, body: bytes) -> Reply:
        """Returns what a control request brings, or says what was wrong with it."""
        what, _, rest = request.url.path.removeprefix("/_sandbox/").partition("/")
        try:
            if request.method == "POST":
                action = self._actions()[what]
                sent = loads(body or b"{}")
                if not isinstance(sent, dict):
                    raise ValueError("the body must be a JSON object")
                return Reply(payload={"data": action(sent)})
            if request.method == "DELETE":
                {"faults": self._control.clear_faults, "requests": self._control.forget_requests}[what]()
                return Reply(payload={"data": None})
            return Reply(payload={"data": self._look(what, rest, request.query_params)})
        except (KeyError, ValueError, TypeError, AttributeError) as wrong:
            return Reply(
                400, {"error": f"{request.method} /_sandbox/{what}: {type(wrong).__name__}: {wrong}"}
            )

    def _look(self, what: str, rest: str, asked: Mapping[str, str]) -> object:
        control = self._control
        match what:
            case "requests":
                return [asdict(exchange) for exchange in control.requests(asked.get("collection"))]
            case "faults":
                return [fault.as_json() for fault in control.faults()]
            case "clock":
                return control.now()
            case "permissions":
                return control.permissions()
            case "ledger":
                return control.ledger()
            case "records":
                return control.records(rest)
            case "truth":
                return control.truth(rest, **asked)
        raise KeyError(what)

    def _actions(self) -> dict[str, Callable[[Body], object]]:
        return {
            "faults": lambda b: self._control.fault(Fault(**cast(Arguments, b))).as_json(),
            "edit": self._edit,
            "insert": self._insert,
            "delete": self._delete,
            "scripts": self._script,
            "advance": lambda b: self._control.advance(_whole(b, "days")),
            "clock": self._clock,
            "rate_limit": self._rate_limit,
            "permissions": self._permissions,
            "redaction": lambda b: self._control.redact(Redaction(**cast(Arguments, b))),
            "hide": lambda b: self._control.hide(_text(b, "collection"), _ids(b)),
            "unhide": lambda b: self._control.unhide(_text(b, "collection")),
            "tokens": self._tokens,
            "switches": self._switches,
            "clear": lambda _: self._control.clear(),
            "reset": lambda _: self._control.reset(),
        }

    def _edit(self, body: Body) -> object:
        collection, changes = _text(body, "collection"), _object(body, "changes")
        raw = body.get("raw") is True
        self._control.edit(collection, _id(body), dict(changes) if raw else self._typed(collection, changes))
        return None

    def _insert(self, body: Body) -> object:
        collection = _text(body, "collection")
        return {"id": self._control.insert(collection, self._typed(collection, _object(body, "record")))}

    def _delete(self, body: Body) -> object:
        self._control.delete(_text(body, "collection"), _id(body))
        return None

    def _script(self, body: Body) -> object:
        changes = body.get("changes")
        if not isinstance(changes, list) or not all(isinstance(change, dict) for change in changes):
            raise ValueError(
                '"changes" must be a list of objects with "op", "collection" and what the op needs'
            )
        operations = {"edit": self._edit, "insert": self._insert, "delete": self._delete}
        steps = [_step(operations[_text(c, "op")], c) for c in changes if isinstance(c, dict)]
        self._control.after(_text(body, "collection"), _whole(body, "after"), *steps)
        return None

    def _clock(self, body: Body) -> object:
        if "header_skew_seconds" in body:
            self._control.skew_headers(_whole(body, "header_skew_seconds"))
        return self._control.pass_time(_whole(body, "seconds")) if "seconds" in body else self._control.now()

    def _rate_limit(self, body: Body) -> object:
        limit = None if body.get("limit") in (None, "off") else _whole(body, "limit")
        window = _whole(body, "window_seconds") if "window_seconds" in body else None
        self._control.rate_limit(limit, window)
        return None

    def _permissions(self, body: Body) -> object:
        token = _text(body, "token") if "token" in body else None
        self._control.deny(*_texts(body, "deny"), token=token)
        self._control.grant(*_texts(body, "grant"), token=token)
        return self._control.permissions()

    def _tokens(self, body: Body) -> object:
        """Takes ``{"do": "issue"}`` (or expire, revoke, expire_pages) or ``{"lifetime_seconds": 60}``."""
        if "lifetime_seconds" in body:
            self._control.token_lifetime(_whole(body, "lifetime_seconds"))
            return None
        orders: dict[str, Callable[[], object]] = {
            "issue": lambda: {"access_token": self._control.issue_token()},
            "expire": self._control.expire_access_tokens,
            "revoke": self._control.revoke_access,
            "expire_pages": self._control.expire_page_tokens,
        }
        return orders[_text(body, "do")]()

    def _switches(self, body: Body) -> object:
        """Takes firewall, user_declines, retire_version, redirect_uri, and what ``Unsettled`` names."""
        own: dict[str, Callable[[], None]] = {
            "firewall": lambda: self._control.firewall(_flag(body, "firewall")),
            "user_declines": lambda: self._control.user_declines(_flag(body, "user_declines")),
            "retire_version": lambda: self._control.retire_version(_text(body, "retire_version")),
            "redirect_uri": lambda: self._control.register_redirect(_text(body, "redirect_uri")),
        }
        settled = asdict(
            self._control.settle(**{name: _flag(body, name) for name in body if name not in own})
        )
        for name in own.keys() & body.keys():
            own[name]()
        return settled

    def _typed(self, collection: str, changes: Body) -> dict[str, object]:
        return typed_record(self._catalog, self._catalog.list_of(collection).record, changes)


def _step(operation: Callable[[Body], object], change: Body) -> Callable[[], object]:
    return lambda: operation(change)


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise ValueError(f'"{name}" must be a text')
    return value


def _texts(body: Body, name: str) -> list[str]:
    value = body.get(name, [])
    if not isinstance(value, list):
        raise ValueError(f'"{name}" must be a list')
    return [str(item) for item in value]


def _whole(body: Body, name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f'"{name}" must be a whole number')
    return value


def _flag(body: Body, name: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool):
        raise ValueError(f'"{name}" must be true or false')
    return value


def _id(body: Body) -> Id:
    value = body.get("id")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError('"id" must be a number or a text')
    return value


def _ids(body: Body) -> list[Id]:
    value = body.get("ids")
    if not isinstance(value, list):
        raise ValueError('"ids" must be a list')
    return [_id({"id": item}) for item in value]


def _object(body: Body, name: str) -> Body:
    value = body.get(name)
    if not isinstance(value, dict):
        raise ValueError(f'"{name}" must be an object')
    return value
