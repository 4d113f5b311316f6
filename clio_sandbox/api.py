"""Requests under ``/api/v4``: who asks, what for, and the rows that answer."""

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from urllib.parse import urlencode

from starlette.requests import Request

from clio_sandbox.catalog import Endpoint
from clio_sandbox.clock import http_date
from clio_sandbox.errors import ApiError, bad_argument, forbidden, gone, not_found, not_imitated
from clio_sandbox.fields import View, compile_fields
from clio_sandbox.filters import is_not_trashed, tests_for
from clio_sandbox.firm import Id, Record
from clio_sandbox.oauth import Token
from clio_sandbox.ordering import ordered
from clio_sandbox.paging import Place, Slice, page_by_offset, sort_key
from clio_sandbox.parameters import Query, parse_query
from clio_sandbox.permissions import needed
from clio_sandbox.redaction import rewrites
from clio_sandbox.wire import Reply
from clio_sandbox.world import World

DEFAULT_VERSION = "4.0.13"  # Clio's published file of April 2026
VERSIONS = tuple(f"4.0.{minor}" for minor in range(14))


class Api:
    """Answers API requests of one sandbox."""

    def __init__(self, world: World) -> None:
        self._world = world

    def collection_of(self, path: str) -> str:
        """Returns the endpoint that a path means, for the log; the path itself if it means none."""
        found = self._world.catalog.match(_clean(path))
        return found[0].path if found else _clean(path)

    def page_of(self, request: Request) -> int:
        """Returns which page of a sweep is asked for, from 1."""
        token = request.query_params.get("page_token", "")
        try:
            page: int = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[16:])[3]
        except (ValueError, LookupError, TypeError):
            return 1
        return page

    def answer(self, request: Request, token: Token) -> Reply:
        """Returns the answer to a request whose token is good, or refuses it."""
        version = self._version(request)
        found = self._world.catalog.match(_clean(request.url.path))
        if request.method != "GET":
            raise ApiError(405 if found else 404, "MethodNotAllowed", "This sandbox is for reading only")
        if found is None:
            raise not_found()
        endpoint, ids = found
        if not needed(endpoint) <= token.grant.permissions:
            raise forbidden()
        query = parse_query(endpoint, request.query_params.multi_items())
        show = self._renderer(endpoint, query, version)
        reply = (
            self._list(endpoint, ids, query, show)
            if endpoint.many
            else self._single(endpoint, ids, show, request)
        )
        reply.headers["X-API-VERSION"] = version
        return reply

    def rows(
        self, endpoint: Endpoint, query: Query, show: Callable[[object], object] | None = None
    ) -> list[object]:
        """Returns every row of a list at once, filtered and in order of id."""
        show = show or self._renderer(endpoint, query, DEFAULT_VERSION)
        if not endpoint.many and "{" not in endpoint.path:
            return [show(self._one(endpoint, []))]
        wanted = self._wanted(endpoint, query)
        table = self._world.firm.records.get(endpoint.collection, {})
        ids = self._world.index(endpoint.collection, None).ids
        return [show(table[i]) for i in ids if wanted is None or wanted(i)]

    def _version(self, request: Request) -> str:
        version = request.headers.get("x-api-version", DEFAULT_VERSION)
        if version not in VERSIONS or version in self._world.retired_versions:
            raise gone()
        return version

    def _renderer(self, endpoint: Endpoint, query: Query, version: str) -> Callable[[object], object]:
        world = self._world
        number = tuple(int(part) for part in version.split("."))
        view = View(
            world.resolve,
            rewrites(world.redaction, world.firm.whoami_id, number),
            world.faults.removed_fields(endpoint.path),
        )
        return compile_fields(world.catalog, endpoint.record, query.fields, view)

    def _list(
        self, endpoint: Endpoint, ids: list[str], query: Query, show: Callable[[object], object]
    ) -> Reply:
        parent = ids[0] if ids else None
        if parent is not None and not self._exists(endpoint.path.split("/{")[0], parent):
            raise not_found()
        table = self._world.firm.records.get(endpoint.collection, {})
        place, part = self._page(endpoint, query, parent, table)
        of_ids = endpoint.path.endswith("/ids")
        data: list[object] = [i if of_ids else show(table[i]) for i in part.ids]
        paging = self._links(endpoint, ids, query, place, part)
        again = partial(self._again, endpoint, ids, query, place)
        return Reply(payload={"data": data, "meta": {"paging": paging}}, rows=len(data), again=again)

    def _page(
        self, endpoint: Endpoint, query: Query, parent: str | None, table: dict[Id, Record]
    ) -> tuple[Place | None, Slice]:
        index = self._world.index(endpoint.collection, parent)
        wanted = self._wanted(endpoint, query)
        if not _by_cursor(endpoint, query):
            if query.page_token is not None:
                raise ApiError(
                    422, "ArgumentError", "page_token cannot be combined with this order or an offset"
                )
            order = query.order or endpoint.default_order or "id(asc)"
            ids = list(filter(wanted, index.ids)) if wanted else index.ids
            return None, page_by_offset(
                ordered(ids, table, order, self._world.resolve), query.offset or 0, query.limit
            )
        bound_to = f"{endpoint.path}/{parent}?{query.text}"
        place = (
            self._world.page_tokens.read(query.page_token, bound_to) if query.page_token is not None else None
        )
        return place, index.page(place, query.limit, wanted)

    def _links(
        self, endpoint: Endpoint, ids: list[str], query: Query, place: Place | None, part: Slice
    ) -> dict[str, object]:
        base = self._base(endpoint, ids)
        if not _by_cursor(endpoint, query):
            offset, links = query.offset or 0, {}
            if part.has_next:
                links["next"] = _url(base, query, "offset", str(offset + query.limit))
            if part.has_previous:
                links["previous"] = _url(base, query, "offset", str(max(0, offset - query.limit)))
            return dict(links)
        page = place.page if place else 1
        found: dict[str, object] = {}
        if part.has_previous and part.ids:
            found["previous"] = self._at(
                endpoint, ids, query, Place("before", sort_key(part.ids[0]), max(1, page - 1))
            )
        if part.has_next and part.ids:
            found["next"] = self._at(endpoint, ids, query, Place("after", sort_key(part.ids[-1]), page + 1))
        return found

    def _at(self, endpoint: Endpoint, ids: list[str], query: Query, place: Place) -> str:
        bound_to = f"{endpoint.path}/{ids[0] if ids else None}?{query.text}"
        token = self._world.page_tokens.write(place, bound_to)
        return _url(self._base(endpoint, ids), query, "page_token", token)

    def _again(self, endpoint: Endpoint, ids: list[str], query: Query, place: Place | None) -> str:
        """Returns another link to the same page."""
        if not _by_cursor(endpoint, query):
            return _url(self._base(endpoint, ids), query, "offset", str(query.offset or 0))
        return self._at(endpoint, ids, query, place or Place("after", (-1, ""), 1))

    def _base(self, endpoint: Endpoint, ids: list[str]) -> str:
        path = endpoint.path
        for record_id in ids:
            path = re.sub(r"\{\w+\}", record_id, path, count=1)
        return f"{self._world.url}/api/v4/{path}.json"

    def _wanted(self, endpoint: Endpoint, query: Query) -> Callable[[Id], bool] | None:
        world = self._world
        tests = tests_for(world.catalog, endpoint, query, world.unsettled)
        hidden = world.hidden.get(endpoint.collection)
        if hidden:
            tests.append(lambda record: str(record["id"]) not in hidden)
        if not tests:
            return None
        table = world.firm.records.get(endpoint.collection, {})
        if len(tests) == 1:
            only = tests[0]
            return lambda i: only(table[i])
        return lambda i: all(test(table[i]) for test in tests)

    def _single(
        self, endpoint: Endpoint, ids: list[str], show: Callable[[object], object], request: Request
    ) -> Reply:
        if set(request.query_params) - {"fields"}:
            name = next(name for name in request.query_params if name != "fields")
            raise not_imitated(f"the parameter {name} of {endpoint.path}")
        record = self._one(endpoint, ids)
        headers = {}
        if record.get("etag"):
            headers["ETag"] = str(record["etag"])
        changed = record.get("updated_at")
        if isinstance(changed, datetime):
            headers["Last-Modified"] = http_date(changed)
        if _unchanged(request, headers.get("ETag"), changed if isinstance(changed, datetime) else None):
            return Reply(304, headers=headers)
        return Reply(payload={"data": show(record)}, rows=1, headers=headers)

    def _one(self, endpoint: Endpoint, ids: list[str]) -> Record:
        records = self._world.firm.records
        if endpoint.path == "users/who_am_i":
            return records["users"][self._world.firm.whoami_id]
        if endpoint.path == "matters/{matter_id}/client":
            matter = self._find("matters", ids[0])
            client = self._world.resolve(matter["client"])
            if not isinstance(client, dict):
                raise not_found()
            return client
        if not endpoint.is_show:
            only = next(iter(records.get(endpoint.collection, {}).values()), None)
            if only is None:
                raise not_found()
            return only
        record = self._find(endpoint.collection, ids[-1])
        if "include_deleted" in self._list_parameters(endpoint) and not is_not_trashed(record):
            raise not_found()
        if len(ids) > 1 and str(record.get("_parent")) != ids[0]:
            raise not_found()
        return record

    def _list_parameters(self, endpoint: Endpoint) -> tuple[str, ...]:
        found = self._world.catalog.endpoints.get(endpoint.collection)
        return tuple(found.parameters) if found else ()

    def _find(self, collection: str, text: str) -> Record:
        if not self._exists(collection, text):
            raise not_found()
        table = self._world.firm.records[collection]
        return table[text] if text in table else table[int(text)]

    def _exists(self, collection: str, text: str) -> bool:
        table = self._world.firm.records.get(collection, {})
        here = text in table or (text.isascii() and text.isdecimal() and int(text) in table)
        return here and text not in self._world.hidden.get(collection, ())


def _by_cursor(endpoint: Endpoint, query: Query) -> bool:
    """Clio, paging page: by id and without offset. Another default order is another order."""
    order = query.order or endpoint.default_order
    return query.offset is None and order in (None, "id(asc)")


def _unchanged(request: Request, etag: str | None, changed: datetime | None) -> bool:
    if "if-none-match" in request.headers:
        return etag is not None and request.headers["if-none-match"] == etag
    since = request.headers.get("if-modified-since")
    if since is None or changed is None:
        return False
    try:
        return changed <= parsedate_to_datetime(since).astimezone(UTC)
    except ValueError:
        raise bad_argument("If-Modified-Since is not an RFC 2822 date") from None


def _url(base: str, query: Query, name: str, value: str) -> str:
    return f"{base}?{urlencode([*query.pairs, (name, value)])}"


def _clean(path: str) -> str:
    return path.removeprefix("/api/v4/").removesuffix(".json").strip("/")
