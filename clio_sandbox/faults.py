"""Faults on order: which answers go wrong, how, and how often. Seeded, so that a run can be repeated."""

import dataclasses
import random
from fnmatch import fnmatchcase
from typing import Literal, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit

from clio_sandbox.errors import ApiError, forbidden, gone, unauthorized
from clio_sandbox.wire import HTML_TYPE, Reply

FaultKind = Literal[
    "429",  # too many requests, though there were not
    "500",
    "502",
    "503",
    "504",
    "reset",  # the connection is reset, before the answer or (at="body") within it
    "truncated",  # the length agrees, the JSON is cut
    "short_body",  # the length promises more than comes
    "empty_body",  # 200 and nothing
    "slow",  # the right answer, after `seconds`
    "html",  # a firewall's page instead of JSON, with `status` 200 or 403
    "unauthorized",
    "forbidden",
    "gone",
    "missing_data",  # JSON without "data"
    "empty_page_with_next",  # no rows, and a next link that leads to them
    "repeat_next",  # the next link leads to the same page
    "foreign_next",  # the next link leads to another `host`
    "offset_next",  # the next link goes on by offset
    "bad_field",  # `field` is refused wherever it is asked for
]
KINDS = get_args(FaultKind)


@dataclasses.dataclass(slots=True)
class Fault:
    """One rule: this kind of fault, for these requests."""

    kind: FaultKind
    collection: str = "*"
    """A pattern of endpoints: ``bills``, ``*``, ``matters*``, ``oauth/token``."""
    probability: float | None = None
    nth: int | None = None
    """Only the n-th request that the pattern meets, counted from 1 since the rule was made."""
    page: int | None = None
    """Only the n-th page of a sweep, from 1."""
    count: int | None = None
    """At most so many times."""
    seed: int = 1
    seconds: float = 1.0
    at: Literal["start", "body"] = "start"
    status: int = 403
    host: str = "https://elsewhere.invalid"
    field: str = ""
    retry_after: int = 1
    met: int = 0
    fired: int = 0
    _random: random.Random = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a fault was asked for with kind {self.kind!r}; allowed are {', '.join(KINDS)}")
        self._random = random.Random(self.seed)

    def strikes(self, collection: str, page: int) -> bool:
        """Says whether this request gets the fault, and counts it."""
        if not fnmatchcase(collection, self.collection) or (
            self.count is not None and self.fired >= self.count
        ):
            return False
        self.met += 1
        if (self.nth is not None and self.met != self.nth) or (self.page is not None and page != self.page):
            return False
        if self.probability is not None and self._random.random() >= self.probability:
            return False
        self.fired += 1
        return True

    def as_json(self) -> dict[str, object]:
        """Returns the rule and how often it was met and fired."""
        return {name: value for name, value in dataclasses.asdict(self).items() if not name.startswith("_")}


class Faults:
    """The rules in force; the first that strikes wins."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def strike(self, collection: str, page: int) -> Fault | None:
        """Returns the fault that a request gets, if any."""
        return next((f for f in self.rules if f.kind != "bad_field" and f.strikes(collection, page)), None)

    def removed_fields(self, collection: str) -> frozenset[str]:
        """Returns the fields that Clio is to know no longer, for an endpoint."""
        rules = (f for f in self.rules if f.kind == "bad_field" and fnmatchcase(collection, f.collection))
        return frozenset(f.field for f in rules)


def instead_of_answer(fault: Fault) -> Reply | None:
    """Returns what is sent in place of the answer; None for faults that spoil the true one."""
    match fault.kind:
        case "429":
            wait = str(fault.retry_after)
            reply = _refusal(
                ApiError(429, "TooManyRequestsError", f"Rate limit exceeded. Retry in {wait} seconds.")
            )
            reply.headers["Retry-After"] = wait
            return reply
        case "500" | "502" | "503" | "504":
            return _refusal(ApiError(int(fault.kind), "InternalServerError", "Something went wrong"))
        case "unauthorized":
            return _refusal(unauthorized())
        case "forbidden":
            return _refusal(forbidden())
        case "gone":
            return _refusal(gone())
        case "html":
            return firewall_page(fault.status)
        case "empty_body":
            return Reply()
    return None


def spoil(fault: Fault, reply: Reply, asked: str) -> None:
    """Alters a list's answer in place; ``asked`` is the URL of the request."""
    payload = reply.payload
    if payload is None or not isinstance(payload.get("data"), list):
        return
    meta = payload["meta"]
    paging = meta["paging"] if isinstance(meta, dict) else {}
    match fault.kind:
        case "missing_data":
            del payload["data"]
        case "empty_page_with_next":
            payload["data"] = []
            paging["next"] = reply.again() if reply.again else asked
        case "repeat_next":
            paging["next"] = asked
        case "foreign_next":
            parts = urlsplit(paging.get("next", asked))
            paging["next"] = f"{fault.host}{parts.path}?{parts.query}"
        case "offset_next" if "next" in paging:
            parts = urlsplit(paging["next"])
            kept = [pair for pair in parse_qsl(parts.query) if pair[0] not in ("page_token", "offset")]
            offset = _next_offset(asked, reply.rows)
            paging["next"] = (
                f"{parts.scheme}://{parts.netloc}{parts.path}?{urlencode([*kept, ('offset', offset)])}"
            )


def firewall_page(status: int = 403) -> Reply:
    """Returns what the firewall in front of Clio answers: a page, not JSON."""
    body = (
        b"<!doctype html><html><head><title>403 Forbidden</title></head><body>Request blocked.</body></html>"
    )
    return Reply(status, body=body, content_type=HTML_TYPE)


def _next_offset(asked: str, rows: int) -> int:
    given = dict(parse_qsl(urlsplit(asked).query)).get("offset", "0")
    return int(given) + rows


def _refusal(refused: ApiError) -> Reply:
    return Reply(refused.status, refused.payload(), headers=refused.headers)
