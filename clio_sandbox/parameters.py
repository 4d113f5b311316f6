"""A request's query parameters, checked as strictly as Clio checks them or more so.

An unknown name, a wrong type, an unknown enum value, a bare ``+`` in a timestamp: refused with 400.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode

from clio_sandbox.catalog import Endpoint, Parameter
from clio_sandbox.errors import ApiError, bad_argument, not_imitated
from clio_sandbox.fields import Requested, parse_fields

DateLimit = tuple[str, date]
Value = str | int | bool | date | datetime | DateLimit | None
Pairs = list[tuple[str, str]]


@dataclass(slots=True)
class Query:
    """What a request asks for, typed."""

    pairs: Pairs
    """The parameters as they came, without ``page_token`` and ``offset``."""
    fields: Requested | None = None
    limit: int = 0
    order: str | None = None
    offset: int | None = None
    page_token: str | None = None
    filters: dict[str, list[Value]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The parameters as a query string: what a next link repeats and a page token is bound to."""
        return urlencode(self.pairs)


def parse_query(endpoint: Endpoint, pairs: Pairs) -> Query:
    """Returns the typed query; refuses what the endpoint does not declare."""
    query = Query([pair for pair in pairs if pair[0] not in ("page_token", "offset")])
    query.limit = endpoint.max_limit or 0
    seen = set()
    for name, text in pairs:
        if name in seen and not name.endswith("[]"):
            raise bad_argument(f"{name} was given more than once")
        seen.add(name)
        _take(endpoint, query, name, text)
    for name in endpoint.required:
        if name not in seen:
            raise bad_argument(f"{name} is required")
    return query


def sent_as(name: str, text: str) -> ApiError:
    """Returns the refusal of a value that does not have its parameter's type."""
    return bad_argument(f"{text!r} is not a valid value for {name}")


def _take(endpoint: Endpoint, query: Query, name: str, text: str) -> None:
    # The specification never names offset; Clio's paging page does, for all lists but folders/list.
    if name == "offset" and endpoint.many and endpoint.path != "folders/list":
        query.offset = _whole(name, text, 0, None)
        return
    if re.fullmatch(r"custom_field_values\[\d+\]", name) and "custom_field_values" in endpoint.parameters:
        raise not_imitated(f"the filter {name}")
    if name not in endpoint.parameters:
        raise bad_argument(f"{name} is not a valid parameter")
    if name == "fields":
        query.fields = parse_fields(text)
    elif name == "limit":
        query.limit = _whole(name, text, 1, endpoint.max_limit)
    elif name == "order":
        query.order = _one_of(name, text, endpoint.orders or ())
    elif name == "page_token":
        query.page_token = text
    else:
        query.filters.setdefault(name, []).extend(_values(endpoint, endpoint.parameters[name], text))


def _values(endpoint: Endpoint, parameter: Parameter, text: str) -> Iterable[Value]:
    name = parameter.name
    if parameter.enum and parameter.enum[0].endswith("DATE"):
        return [_date_limit(name, text)]
    if parameter.enum:
        allowed = [value.rstrip(",") for value in parameter.enum]  # the specification has stray commas
        several = endpoint.path == "matters" and name == "status"  # the one documented comma list
        return [_one_of(name, part, allowed) for part in (text.split(",") if several else [text])]
    if name in ("start_date", "end_date"):
        return [_date(name, text[:10] if parameter.type == "timestamp" and _is_timestamp(text) else text)]
    return [_typed(parameter, text)]


def _typed(parameter: Parameter, text: str) -> Value:
    name = parameter.name
    if parameter.type == "integer":
        return None if text == "null" and name.endswith("_id") else _whole(name, text, None, None)
    if parameter.type == "boolean":
        return _one_of(name, text, ("true", "false")) == "true"
    if parameter.type == "date":
        return _date(name, text)
    if parameter.type == "timestamp":
        return _timestamp(name, text)
    return text


def _whole(name: str, text: str, least: int | None, most: int | None) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise sent_as(name, text)
    number = int(text)
    if (least is not None and number < least) or (most is not None and number > most):
        raise bad_argument(f"{name} must be between {least} and {most}")
    return number


def _one_of(name: str, text: str, allowed: Iterable[str]) -> str:
    if text not in allowed:
        raise sent_as(name, text)
    return text


def _date(name: str, text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise sent_as(name, text)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise sent_as(name, text) from None


def _date_limit(name: str, text: str) -> DateLimit:
    found = re.fullmatch(r"(>=|<=|=|>|<)(.*)", text)
    if not found:
        raise sent_as(name, text)
    return found[1], _date(name, found[2])


def _is_timestamp(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", text) is not None


def _timestamp(name: str, text: str) -> datetime:
    # A bare + arrives as a space, a missing zone has no documented meaning: both are refused.
    if not _is_timestamp(text):
        raise sent_as(name, text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise sent_as(name, text) from None
