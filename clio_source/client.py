"""One request to Clio, answered rightly or refused with a reason."""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

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

from .auth import USER_AGENT, TokenAuth
from .errors import (
    ClioError,
    FirewallError,
    ForbiddenError,
    PagingError,
    RequestRefusedError,
    StoppedError,
    UnavailableError,
)
from .replies import (
    INCOMPLETE,
    KEPT,
    Page,
    clio_date,
    is_html,
    meaning_of,
    no_answer,
    read_next_link,
    read_user_id,
    read_user_names,
    unavailable,
)
from .surprise import records_of
from .throttle import Throttle

_TIMEOUT_SECONDS = (10, 90)  # to connect; between two bytes
_FIRST_ATTEMPTS = 3  # of the first request: a wrong address should not take minutes to tell
_ATTEMPTS = 9  # with the waits below about two minutes: longer than a name server's nap
_REDIRECTS = 3
_LONGEST_HOLD_SECONDS = 3_600.0
_WHO_AM_I = "/api/v4/users/who_am_i.json?fields="
_CONNECTIONS = 16


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

        # Proxies and certificates are looked up once; requests would look for them with every page.
        self._environment = self._session.merge_environment_settings(host, {}, None, None, None)

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
            reply, *_ = self._ask(f"{_WHO_AM_I}id", "Signing in to Clio", read_user_id)
        except (ForbiddenError, RequestRefusedError):
            return None
        return read_user_id(reply.content)

    def read_user(self) -> tuple[str, str]:
        """Returns the names of the token's user and firm; for that user's eyes only."""
        reply, *_ = self._ask(f"{_WHO_AM_I}name,account{{name}}", "Signing in to Clio", read_user_names)
        return read_user_names(reply.content)

    def read_page(self, address: str, doing: str) -> Page:
        """Reads one page of a list.

        Args:
            address: as `list_address` or the page before gave it.
            doing: what we are doing, for messages: ``bills, page 7``.

        Raises:
            ClioError: the kinds that `errors.py` draws.
        """
        reply, retries, waited = self._ask(address, doing, read_next_link)
        following = read_next_link(reply.content)
        checked = self._checked(following, doing) if following else None
        return Page(reply.content, checked, clio_date(reply), retries, waited)

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
                        raise _TryAgainError(unavailable(doing, reply), at_once=True)
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
                raise _TryAgainError(no_answer(doing, self.host, failure)) from None
            self.throttle.observe(ticket, reply.headers)
        if reply.status_code == 429:
            self._hold(reply)
            raise _TryAgainError(unavailable(doing, reply), at_once=True)
        return reply, ticket.waited_seconds

    def _token(self) -> str:
        try:
            return self._auth.token
        except UnavailableError as failure:
            raise _TryAgainError(failure) from None

    def _renew(self, token: str, *, again: bool) -> None:
        """Has a new token fetched in place of one that Clio refused."""
        if again:
            raise self._auth.signed_out("Clio answered 401 Unauthorized to a token that it had just given.")
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
            request = self._session.prepare_request(requests.Request("GET", self.host, auth=self._auth))
            request.url = url  # as it stands: requests would quote its kilobytes anew, byte by byte
            reply = self._session.send(
                request, timeout=_TIMEOUT_SECONDS, allow_redirects=False, **self._environment
            )
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
        if reply.status_code != 200 or is_html(reply):
            raise self._answer_to(reply, doing)
        try:
            read(reply.content)
        except ValueError:
            came = f"the reply of {len(reply.content):,} bytes is not the JSON that was due."
            raise _TryAgainError(UnavailableError(doing, came, *INCOMPLETE)) from None

    def _checked(self, next_url: str, doing: str) -> str:
        address = self._below_host(next_url, doing)
        if "offset" in parse_qs(urlsplit(address).query):
            raise PagingError(
                doing,
                "the next link counts with an offset.",
                "Clio stops such a list at 10,000 records, and the rest would be missing without a word.",
                "Please report this collection: it has to be asked for in another order. " + KEPT,
            )
        return address

    def _below_host(self, url: str, doing: str) -> str:
        asked, ours = urlsplit(url), urlsplit(self.host)
        if (asked.scheme, asked.netloc) != (ours.scheme, ours.netloc):
            raise PagingError(
                doing,
                f"the link leads to another host than {ours.netloc}.",
                "Following it would give the access token away.",
                "Check sources.clio.region and api_url; if they are right, report it to Clio. " + KEPT,
            )
        return asked._replace(scheme="", netloc="", fragment="").geturl()

    def _answer_to(self, reply: requests.Response, doing: str) -> Exception:
        """Returns what to raise for an answer that is not what was asked for."""
        error = meaning_of(reply, doing, self.host, self.api_version)
        # A page of HTML to the first request means a wrong address; later it may be a passing trouble.
        passing = isinstance(error, UnavailableError) or (self._answered and isinstance(error, FirewallError))
        return _TryAgainError(error) if passing else error
