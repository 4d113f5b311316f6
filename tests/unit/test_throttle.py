"""The whole budget of a token and not one request more, whatever its replies say and whenever they come."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clio_sandbox import Exchange, Sandbox
from clio_source import clio_source
from clio_source.auth import ClioCredentials, TokenAuth
from clio_source.client import ClioClient
from clio_source.errors import ConfigurationError
from clio_source.throttle import Throttle, Ticket

THREADS = 4
LONG = 1_000_000_000.0  # a moment of Clio's clock, years from ours


def told(limit: int, left: int, *, reset: float = LONG, seconds: float = 30) -> dict[str, str]:
    """Returns the headers of a reply written so many seconds before its window ends."""
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": str(int(reset)),
        "Date": formatdate(reset - seconds, usegmt=True),
    }


def left(throttle: Throttle) -> int:
    budget = throttle.budget
    assert budget
    return budget.left


class Request:
    """A request under way, to be answered when the test wants."""

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle
        self._context: AbstractContextManager[Ticket] = throttle.request()
        self._ticket = self._context.__enter__()

    def answer(self, headers: dict[str, str]) -> None:
        self._throttle.observe(self._ticket, headers)
        self.lose()

    def lose(self) -> None:
        """Its reply never comes."""
        self._context.__exit__(None, None, None)


class Window:
    """A server that counts requests as Clio does, at any moment between sending and reply."""

    def __init__(self, limit: int) -> None:
        self.limit, self.used, self.reset, self.most = limit, 0, LONG, 0

    def count(self) -> dict[str, str]:
        self.used += 1
        self.most = max(self.most, self.used)
        return told(self.limit, max(0, self.limit - self.used), reset=self.reset)


@settings(deadline=None)
@given(
    st.integers(1, 8),
    st.sampled_from([1.0, 0.5]),
    st.lists(st.tuples(st.sampled_from("scraw"), st.integers(0, 9))),
)
def test_no_order_of_replies_spends_more_than_the_window(
    limit: int, share: float, events: list[tuple[str, int]]
) -> None:
    throttle, server = Throttle(share), Window(limit)
    ours = max(1, int(limit * share))
    sent: list[Request] = []
    counted: list[tuple[Request, dict[str, str]]] = []
    for event, which in events:
        budget = throttle.budget
        if event in "sa" and (budget.left > 0 if budget else not sent and not counted):
            sent.append(Request(throttle))
        elif event == "c" and sent:
            counted.append((sent.pop(which % len(sent)), server.count()))
        elif event == "r" and counted:
            request, headers = counted.pop(which % len(counted))
            request.answer(headers)
        elif event == "w":  # the next window begins, with requests and replies of the last on their way
            server.used, server.reset = 0, server.reset + 60
    counted += [(request, server.count()) for request in sent]
    for request, headers in counted:
        request.answer(headers)
    assert server.most <= (ours if share < 1 else limit)
    if server.used and server.reset == LONG:
        assert left(throttle) == ours - server.used
    elif server.used:  # what was under way at the turn may have counted in either window
        assert left(throttle) <= ours - server.used


def test_replies_out_of_order_leave_what_is_left() -> None:
    throttle = Throttle()
    Request(throttle).answer(told(10, 9))
    requests = [Request(throttle) for _ in range(5)]
    for request, remaining in reversed([*zip(requests, (8, 7, 6, 5, 4), strict=True)]):
        request.answer(told(10, remaining))
    assert left(throttle) == 4


def test_another_program_on_the_token_is_counted_with() -> None:
    throttle = Throttle()
    Request(throttle).answer(told(50, 3))
    assert left(throttle) == 3


def test_a_limit_that_changes_in_mid_window_counts_at_once() -> None:
    throttle = Throttle()
    Request(throttle).answer(told(300, 299))
    Request(throttle).answer(told(50, 48))
    assert left(throttle) == 48
    Request(throttle).answer(told(300, 297))
    assert left(throttle) <= 297
    Request(throttle).answer(told(300, 296, reset=LONG + 60))
    assert left(throttle) == 296


def test_a_late_reply_of_the_window_before_says_nothing_of_this_one() -> None:
    throttle = Throttle()
    Request(throttle).answer(told(10, 9))
    late = Request(throttle)
    Request(throttle).answer(told(10, 9, reset=LONG + 60))
    late.answer(told(10, 0))
    assert left(throttle) >= 8


@pytest.mark.parametrize("share", [0, -1, 1.01])
def test_a_share_that_is_no_part_is_refused(share: float) -> None:
    with pytest.raises(ConfigurationError, match=r"sources\.clio\.rate_share.*above 0 and at most 1"):
        clio_source(ClioCredentials(access_token="a"), api_url="http://127.0.0.1:1", rate_share=share)


@pytest.mark.parametrize("ahead", [3_600.0, 1_000 * LONG])
def test_a_reset_beyond_any_window_waits_for_no_more_than_one(ahead: float) -> None:
    throttle = Throttle()
    headers = told(10, 9) | {"X-RateLimit-Reset": str(int(LONG + ahead))}
    Request(throttle).answer(headers)
    budget = throttle.budget
    assert budget
    assert budget.seconds <= 60


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-RateLimit-Limit": "50"},
        {"X-RateLimit-Limit": "many", "X-RateLimit-Remaining": "49", "X-RateLimit-Reset": "1"},
    ],
)
def test_a_server_that_names_no_limit_has_none(headers: dict[str, str]) -> None:
    """All threads are under way together: the barrier would break otherwise."""
    throttle, together = Throttle(), threading.Barrier(THREADS)
    Request(throttle).answer(headers)

    def request() -> None:
        with throttle.request() as ticket:
            together.wait(timeout=5)
            throttle.observe(ticket, headers)

    in_threads(request)
    assert throttle.budget is None


def test_before_the_first_reply_one_request_is_under_way() -> None:
    throttle, first = Throttle(), threading.Event()
    under_way: list[int] = []

    def request() -> None:
        with throttle.request() as ticket:
            under_way.append(ticket.under_way)
            if not first.is_set():
                first.wait(0.2)
                first.set()
            throttle.observe(ticket, told(50, 50 - len(under_way)))

    in_threads(request)
    assert under_way[0] == 0
    assert len(under_way) == THREADS
    assert throttle.waited_seconds > 0.2


def test_first_requests_that_fail_block_nobody() -> None:
    throttle = Throttle()
    turns: list[int] = []

    def request() -> None:
        try:
            with throttle.request() as ticket:
                turns.append(ticket.under_way)
                time.sleep(0.02)
                raise ConnectionError
        except ConnectionError:
            pass

    in_threads(request)
    assert turns == [0] * THREADS


def test_a_window_whose_replies_are_lost_ends_all_the_same() -> None:
    throttle = Throttle()
    Request(throttle).answer(told(3, 2, seconds=1))
    for _ in range(2):
        Request(throttle).lose()
    began = time.monotonic()
    Request(throttle).answer(told(3, 2, reset=LONG + 60))
    assert 0.5 < time.monotonic() - began < 5
    assert left(throttle) == 2


def test_a_hold_is_for_all_and_ends() -> None:
    throttle = Throttle()
    Request(throttle).answer(told(50, 49))
    throttle.hold(0.3)
    began = time.monotonic()
    in_threads(lambda: Request(throttle).answer(told(50, 40)))
    assert 0.3 <= time.monotonic() - began < 5


def test_who_waits_is_woken_to_stop() -> None:
    throttle = Throttle()
    Request(throttle).answer(told(1, 0))
    threading.Timer(0.1, throttle.stop).start()
    began = time.monotonic()
    with pytest.raises(InterruptedError), throttle.request():
        pass
    assert time.monotonic() - began < 5


@pytest.fixture
def clio() -> Iterator[Sandbox]:
    """A Clio that allows ten requests a second."""
    with Sandbox("small", rate_limit=10, rate_window_seconds=1) as sandbox:
        yield sandbox


def client_of(clio: Sandbox, throttle: Throttle) -> ClioClient:
    auth = TokenAuth(ClioCredentials(access_token=clio.token), clio.url)
    return ClioClient(clio.url, auth, "4.0.13", throttle, pause_seconds=0.01)


def in_threads(work: Callable[[], object], threads: int = THREADS) -> None:
    """Does the work in several threads at once; a thread that hangs fails the test."""
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result(timeout=30)


def read_pages(client: ClioClient, pages: int) -> Callable[[], None]:
    address = client.list_address("users", {"fields": "id", "limit": "1"})

    def read() -> None:
        for _ in range(pages):
            client.read_page(address, "users, page 1")

    return read


def statuses(clio: Sandbox) -> Counter[int]:
    return Counter(exchange.status for exchange in clio.control.requests())


@pytest.mark.parametrize("skew_seconds", [0, -420, 420])
def test_all_of_the_budget_is_spent_and_no_more(clio: Sandbox, skew_seconds: int) -> None:
    """Thirty requests at ten a second take three windows; Clio's clock may differ from ours by minutes."""
    clio.control.skew_headers(skew_seconds)
    throttle, began = Throttle(), time.monotonic()
    in_threads(read_pages(client_of(clio, throttle), 10), threads=3)
    assert statuses(clio) == {200: 30}
    assert 1 < time.monotonic() - began < 7
    assert throttle.waited_seconds > 0


def test_a_share_leaves_the_rest_to_others(clio: Sandbox) -> None:
    in_threads(read_pages(client_of(clio, Throttle(0.5)), 3))
    windows = Counter(int(exchange.at) for exchange in clio.control.requests())
    assert statuses(clio) == {200: 12}
    assert max(windows.values()) <= 6  # five, and one whose time was noted on the edge of two windows


def test_a_limit_that_goes_up_and_down_again_is_followed(clio: Sandbox) -> None:
    def change(exchange: Exchange) -> None:
        if exchange.number in (20, 80):
            clio.control.rate_limit(300 if exchange.number == 20 else 10)

    clio.control.on_request(change)
    began = time.monotonic()
    in_threads(read_pages(client_of(clio, Throttle()), 25))
    found = statuses(clio)
    assert found[200] == 100
    assert found[429] <= THREADS  # those under way when the limit fell below what was spent
    assert time.monotonic() - began < 9  # ten a second all the way would be ten


def test_several_programs_on_one_token_obey_and_all_come_to_their_end(clio: Sandbox) -> None:
    clients = [client_of(clio, Throttle()) for _ in range(3)]
    work = iter([read_pages(client, 10) for client in clients])
    in_threads(lambda: next(work)(), threads=3)
    found = statuses(clio)
    assert found[200] == 30
    assert found[429] <= 15  # a program may be refused in a window, but then it waits for the next
