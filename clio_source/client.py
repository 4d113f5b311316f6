"""One request to Clio, answered rightly or refused with a reason."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import orjson
import requests
from requests.adapters import HTTPAdapter
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from .auth import TokenAuth, signed_out
from .errors import (
    ClioError,
    FirewallError,
    ForbiddenError,
    PagingError,
    RequestRefusedError,
    StoppedError,
    UnavailableError,
    VersionGoneError,
)
from .surprise import records_of
from .throttle import Throttle

logger = logging.getLogger(__name__)

# A plain name: a firewall before Clio answers 403 in HTML to an agent that is empty or holds an address.
USER_AGENT = "clio-source/1.0"
_TIMEOUT_SECONDS = (10, 90)  # to connect; between two bytes
_FIRST_ATTEMPTS = 3  # of the first request: a wrong address should not take minutes to tell
_ATTEMPTS = 9  # with the waits below about two minutes: longer than a name server's nap
_REDIRECTS = 3
_LONGEST_HOLD_SECONDS = 3_600.0
_WHO_AM_I = "/api/v4/users/who_am_i.json?fields=id"
_CONNECTIONS = 16

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


class _TryAgainError(Exception):
    """An answer worth asking for again; `failure` is what to raise when it never comes right."""

    def __init__(self, failure: ClioError, *, at_once: bool = False) -> None:
        super().__init__(str(failure))
        self.failure, self.at_once = failure, at_once


class ClioClient:
    """Reads pages of lists, with one throttle and one token for all threads.

    Args:
        host: scheme and host, such as ``https://app.clio.com``.
        api_version: Clio's minor version, sent as ``X-API-VERSION``.
        pause_seconds: wait so long before asking again, then twice as long each time, up to sixty times.
    """

    def __init__(
        self, host: str, auth: TokenAuth, api_version: str, throttle: Throttle, pause_seconds: float = 0.5
    ) -> None:
        pauses = wait_exponential(multiplier=pause_seconds, max=60 * pause_seconds)
        self._pauses = pauses + wait_random(0, pause_seconds)
        self.host = host
        self.throttle = throttle
        self.api_version = api_version
        self._auth = auth
        self._answered = False
        self._session = requests.Session()
        self._session.mount(host, HTTPAdapter(pool_maxsize=_CONNECTIONS))
        self._session.headers.update(
            {
                "User-Agent": USER_AGENT,
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "X-API-VERSION": api_version,
            }
        )

    def list_address(self, path: str, parameters: Mapping[str, str]) -> str:
        """Returns the address of a list's first page, below the host."""
        return f"/api/v4/{path}.json?{urlencode(parameters, safe=',:[]()')}"

    def read_user_id(self) -> int | None:
        """Returns the id of the token's user, or None where the token may not even read that.

        It is the first request of a run: a wrong host, token or API version shows here.

        Raises:
            ClioError: the kinds that `errors.py` draws.
        """
        try:
            reply, *_ = self._ask(
                "/api/v4/users/who_am_i.json?fields=id", "Signing in to Clio", _read_user_id
            )
        except (ForbiddenError, RequestRefusedError):
            return None
        return _read_user_id(reply.content)

    def read_page(self, address: str, doing: str) -> Page:
        """Reads one page of a list.

        Args:
            address: as `list_address` or the page before gave it.
            doing: what we are doing, for messages: ``bills, page 7``.

        Raises:
            ClioError: the kinds that `errors.py` draws.
        """
        reply, retries, waited = self._ask(address, doing, _read_next_link)
        following = _read_next_link(reply.content)
        checked = self._checked(following, doing) if following else None
        return Page(reply.content, checked, _date(reply), retries, waited)

    def read_records(self, address: str, doing: str) -> list[object]:
        """Reads the records of one reply to a list request, whatever its next link says."""
        reply, *_ = self._ask(address, doing, records_of)
        return records_of(reply.content)

    def _ask(
        self, address: str, doing: str, read: Callable[[bytes], object]
    ) -> tuple[requests.Response, int, float]:
        """Returns a reply that can be read, how often it was asked for again, and the seconds waited."""
        retrying = Retrying(
            stop=stop_after_attempt(_ATTEMPTS if self._answered else _FIRST_ATTEMPTS),
            wait=self._pause,
            sleep=self._sleep,
            retry=retry_if_exception_type(_TryAgainError),
            reraise=True,
        )
        waited, renewed = 0.0, False
        try:
            for attempt in retrying:
                with attempt:
                    token = self._token()
                    reply, pause = self._send(address, doing)
                    waited += pause
                    if reply.status_code == 401:
                        self._renew(token, again=renewed)
                        renewed = True
                        raise _TryAgainError(_unavailable(doing, reply), at_once=True)
                    self._check(reply, doing, read)
                    self._answered = True
        except InterruptedError:
            raise StoppedError(doing) from None
        except _TryAgainError as last:
            raise last.failure from None
        return reply, attempt.retry_state.attempt_number - 1, waited

    def _send(self, address: str, doing: str) -> tuple[requests.Response, float]:
        with self.throttle.request() as ticket:
            try:
                reply = self._get(self.host + address, doing)
            except requests.RequestException as failure:
                raise _TryAgainError(_no_answer(doing, self.host, failure)) from None
            self.throttle.observe(ticket, reply.headers)
        if reply.status_code == 429:
            self._hold(reply)
            raise _TryAgainError(_unavailable(doing, reply), at_once=True)
        return reply, ticket.waited_seconds

    def _token(self) -> str:
        try:
            return self._auth.token
        except UnavailableError as failure:
            raise _TryAgainError(failure) from None

    def _renew(self, token: str, *, again: bool) -> None:
        """Has a new token fetched in place of one that Clio refused."""
        if again:
            raise signed_out("Clio answered 401 Unauthorized to a token that it had just given.")
        try:
            self._auth.renew(refused=token)
        except UnavailableError as failure:
            raise _TryAgainError(failure) from None

    def _pause(self, state: RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome else None
        at_once = isinstance(failure, _TryAgainError) and failure.at_once
        return 0.0 if at_once else float(self._pauses(state))

    def _sleep(self, seconds: float) -> None:
        self.throttle.stopping.wait(seconds)

    def _get(self, url: str, doing: str) -> requests.Response:
        """Follows redirects within Clio's host only: the token must not travel further."""
        for _ in range(_REDIRECTS):
            reply = self._session.get(url, auth=self._auth, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
            if reply.status_code not in (301, 302, 303, 307, 308):
                return reply
            url = self.host + self._below_host(urljoin(url, reply.headers.get("Location", "")), doing)
        return reply

    def _hold(self, reply: requests.Response) -> None:
        try:
            seconds = min(float(reply.headers["Retry-After"]), _LONGEST_HOLD_SECONDS)
        except (KeyError, ValueError):
            budget = self.throttle.budget
            seconds = budget.seconds if budget else 1.0
        self.throttle.hold(max(seconds, 0.1))

    def _check(self, reply: requests.Response, doing: str, read: Callable[[bytes], object]) -> None:
        if reply.status_code != 200 or _is_html(reply):
            raise self._meaning(reply, doing)
        try:
            read(reply.content)
        except ValueError:
            came = f"the reply of {len(reply.content):,} bytes is not the JSON that was due."
            raise _TryAgainError(UnavailableError(doing, came, *_INCOMPLETE)) from None

    def _checked(self, next_url: str, doing: str) -> str:
        address = self._below_host(next_url, doing)
        if "offset" in parse_qs(urlsplit(address).query):
            raise PagingError(
                doing,
                "the next link counts with an offset.",
                "Clio stops such a list at 10,000 records, and the rest would be missing without a word.",
                "Please report this collection: it has to be asked for in another order. " + _KEPT,
            )
        return address

    def _below_host(self, url: str, doing: str) -> str:
        asked, ours = urlsplit(url), urlsplit(self.host)
        if (asked.scheme, asked.netloc) != (ours.scheme, ours.netloc):
            raise PagingError(
                doing,
                f"the link leads to another host than {ours.netloc}.",
                "Following it would give the access token away.",
                "Check sources.clio.region and api_url; if they are right, report it to Clio. " + _KEPT,
            )
        return asked._replace(scheme="", netloc="", fragment="").geturl()

    def _meaning(self, reply: requests.Response, doing: str) -> Exception:
        """Returns what to raise for an answer that is not a page."""
        status = reply.status_code
        if _is_html(reply) and status < 500:
            firewall = FirewallError(
                doing,
                f"{self.host} answered {status} with a page of HTML; JSON was due.",
                "It is not Clio's API at that address, or a firewall or proxy stands between.",
                "Check sources.clio.region and api_url, and try from another network. " + _KEPT,
            )
            return _TryAgainError(firewall) if self._answered else firewall
        if status >= 500 or status == 408:
            return _TryAgainError(_unavailable(doing, reply))
        if status == 403:
            return ForbiddenError(
                doing,
                "Clio answered 403 Forbidden.",
                "The token may not read this.",
                "Give the app the permission and authorise it anew, or a user who may see it, or leave "
                "the collection out with --exclude. " + _KEPT,
            )
        if status == 410:
            return VersionGoneError(
                doing,
                f"Clio answered 410 Gone to X-API-VERSION {self.api_version}.",
                "Clio has retired that version of its API, or never had it.",
                "Set sources.clio.api_version to one that Clio lists, such as 4.0.13. " + _KEPT,
            )
        return RequestRefusedError(
            doing,
            f"Clio answered {status} {reply.reason}.",
            "It does not take a field or parameter that we ask for, or the page's token has run out.",
            "Hold the declarations against Clio's present specification: "
            "python -m clio_source.spec openapi.json. " + _KEPT,
            status=status,
            reason=_reason(reply),
        )


_KEPT = "What is loaded stays; the next run goes on from there."
_INCOMPLETE = ("Something cut it off on the way, several times over.", "Run again later. " + _KEPT)


def unreadable(doing: str) -> UnavailableError:
    """Returns the error for a reply that is not a list of records."""
    return UnavailableError(
        doing,
        "a reply is not a list of records.",
        "Clio, or something on the way, answered with JSON of another shape.",
        "Run again; if it stays, report it. " + _KEPT,
    )


def _no_answer(doing: str, host: str, failure: requests.RequestException) -> UnavailableError:
    return UnavailableError(
        doing,
        f"no answer came from {host} ({type(failure).__name__}).",
        "The network is down, the address is wrong, or Clio is.",
        "Check the network and sources.clio.region, and run again. " + _KEPT,
    )


def _unavailable(doing: str, reply: requests.Response) -> UnavailableError:
    return UnavailableError(
        doing,
        f"Clio answered {reply.status_code} {reply.reason}, several times over.",
        "Clio is overloaded or under repair, or another program spends the token's requests.",
        "Run again later. " + _KEPT,
    )


def _read_next_link(body: bytes) -> str | None:
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


def _read_user_id(body: bytes) -> int:
    reply = orjson.loads(body)
    try:
        return int(reply["data"]["id"])
    except (KeyError, TypeError) as wrong:
        raise ValueError("no user") from wrong


def _date(reply: requests.Response) -> datetime:
    try:
        return parsedate_to_datetime(reply.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return datetime.now(UTC)


def _is_html(reply: requests.Response) -> bool:
    return "html" in reply.headers.get("Content-Type", "") or reply.content.lstrip()[:1] == b"<"


def _reason(reply: requests.Response) -> str:
    try:
        error = orjson.loads(reply.content)["error"]
        return str(error["message"])
    except (ValueError, KeyError, TypeError):
        return ""
