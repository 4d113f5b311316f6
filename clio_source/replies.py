"""What Clio's answers say: pages, links, clocks, and the errors that other answers mean."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import orjson
import requests

from .errors import (
    ClioError,
    FirewallError,
    ForbiddenError,
    RequestRefusedError,
    UnavailableError,
    VersionGoneError,
)
from .surprise import records_of

KEPT = "What is loaded stays; the next run goes on from there."
INCOMPLETE = ("Something cut it off on the way, several times over.", "Run again later. " + KEPT)

_HEAD = re.compile(rb'\A\s*\{\s*"data"\s*:\s*\[')
_TAIL = re.compile(rb'\]\s*,\s*"meta"\s*:\s*(\{.*\})\s*\}\s*\Z', re.DOTALL)


@dataclass(frozen=True)
class Page:
    """One reply to a list request: its JSON, the address of the next page, Clio's clock."""

    body: bytes
    next: str | None
    date: datetime
    retries: int
    waited_seconds: float

    def read_records(self, doing: str) -> list[object]:
        """Returns the page's records, numbers as they were written.

        Raises:
            UnavailableError: the reply is JSON of another shape.
        """
        try:
            return records_of(self.body)
        except ValueError:
            raise unreadable(doing) from None


def meaning_of(reply: requests.Response, doing: str, host: str, api_version: str) -> ClioError:
    """Returns the error that an answer means which is not what was asked for."""
    status = reply.status_code
    if is_html(reply) and status < 500:
        return FirewallError(
            doing,
            f"{host} answered {status} with a page of HTML; JSON was due.",
            "It is not Clio's API at that address, or a firewall or proxy stands between.",
            "Check sources.clio.region and api_url, and try from another network. " + KEPT,
        )
    if status >= 500 or status == 408:
        return unavailable(doing, reply)
    if status == 403:
        return ForbiddenError(
            doing,
            "Clio answered 403 Forbidden.",
            "The token may not read this.",
            "Give the app the permission and authorise it anew, or a user who may see it, or leave "
            "the collection out with --exclude. " + KEPT,
        )
    if status == 410:
        return VersionGoneError(
            doing,
            f"Clio answered 410 Gone to X-API-VERSION {api_version}.",
            "Clio has retired that version of its API, or never had it.",
            f"Set sources.clio.api_version to one that Clio lists, such as {_others(api_version)}. {KEPT}",
        )
    return RequestRefusedError(
        doing,
        f"Clio answered {status} {reply.reason}.",
        "It does not take a field or parameter that we ask for, or the page's token has run out.",
        "Hold the declarations against Clio's present specification: "
        "python -m clio_source.spec openapi.json. " + KEPT,
        status=status,
        reason=_reason(reply),
    )


def _others(api_version: str) -> str:
    """The minor versions that Clio's specification of April 2026 knows, without the refused one."""
    return " or ".join(version for version in ("4.0.13", "4.0.12") if version != api_version)


def unreadable(doing: str) -> UnavailableError:
    """Returns the error for a reply that is not a list of records."""
    return UnavailableError(
        doing,
        "a reply is not a list of records.",
        "Clio, or something on the way, answered with JSON of another shape.",
        "Run again; if it stays, report it. " + KEPT,
    )


def no_answer(doing: str, host: str, failure: requests.RequestException) -> UnavailableError:
    """Returns the error for a request that was not answered."""
    return UnavailableError(
        doing,
        f"no answer came from {host} ({type(failure).__name__}).",
        "The network is down, the address is wrong, or Clio is.",
        "Check the network and sources.clio.region, and run again. " + KEPT,
    )


def unavailable(doing: str, reply: requests.Response) -> UnavailableError:
    """Returns the error for an answer that stayed wrong, however often it was asked for."""
    return UnavailableError(
        doing,
        f"Clio answered {reply.status_code} {reply.reason}, several times over.",
        "Clio is overloaded or under repair, or another program spends the token's requests.",
        "Run again later. " + KEPT,
    )


def read_next_link(body: bytes) -> str | None:
    """Returns the link to the next page, or None on the last; raises ValueError unless it is a page.

    The records are not looked at: between `{"data":[` and `],"meta":{…}}` they are left to Arrow. A reply
    of another shape is read whole.
    """
    meta: object = None
    tail = _TAIL.search(body, max(0, body.rfind(b'"meta"') - 16)) if _HEAD.match(body) else None
    if tail:
        try:
            meta = orjson.loads(tail[1])
        except orjson.JSONDecodeError:
            tail = None
    if not tail:
        reply = orjson.loads(body)
        if not isinstance(reply, dict) or not isinstance(reply.get("data"), list):
            raise ValueError("no list of records")
        meta = reply.get("meta")
    paging = meta.get("paging") if isinstance(meta, dict) else None
    link = paging.get("next") if isinstance(paging, dict) else None
    if link is not None and not isinstance(link, str):
        raise ValueError("a next link that is not text")
    return link or None


def read_user_id(body: bytes) -> int:
    """Returns the id of a user's record; raises ValueError unless it is one."""
    reply = orjson.loads(body)
    try:
        return int(reply["data"]["id"])
    except (KeyError, TypeError) as wrong:
        raise ValueError("no user") from wrong


def read_user_names(body: bytes) -> tuple[str, str]:
    """Returns the names of a user and of the user's firm; raises ValueError unless they are there."""
    reply = orjson.loads(body)
    try:
        return str(reply["data"]["name"]), str(reply["data"]["account"]["name"])
    except (KeyError, TypeError) as wrong:
        raise ValueError("no user") from wrong


def clio_date(reply: requests.Response) -> datetime:
    """Returns Clio's clock as the reply tells it; ours where it does not."""
    try:
        return parsedate_to_datetime(reply.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return datetime.now(UTC)


def is_html(reply: requests.Response) -> bool:
    """True for a web page, which Clio's API never sends."""
    return "html" in reply.headers.get("Content-Type", "") or reply.content.lstrip()[:1] == b"<"


def _reason(reply: requests.Response) -> str:
    try:
        error = orjson.loads(reply.content)["error"]
        return str(error["message"])
    except (ValueError, KeyError, TypeError):
        return ""
