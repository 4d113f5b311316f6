"""The whole budget of a token and nothing beyond it: runs in real time, with windows shorter than Clio's.

With GUARANTEE_ROUNDS set fifty requests in five seconds, for minutes; by default smaller and shorter.
"""

import math
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clio_sandbox import Exchange, Sandbox

from ..conftest import Warehouse
from .small_pages import load, small_pages, thorough, token_of, wrong_tables

NAMES = ("activities", "line_items")
LIMIT, WINDOW = (50, 5) if thorough() else (30, 2)
PAGE = 5 if thorough() else 20
THREADS = 5  # dlt reads with so many
FULL = 0.95
ROOT = Path(__file__).parents[2]

Told = Callable[[str, object], None]  # figures for the test report: pytest --junit-xml


class Watched(Sandbox):
    """A sandbox with a tight limit, whose windows can be told from its log."""

    def __init__(self) -> None:
        super().__init__("small", rate_limit=LIMIT, rate_window_seconds=WINDOW)
        self.skew_seconds = 0
        self._opened_at = self.firm.now.timestamp()

    def skew(self, seconds: int) -> None:
        self.skew_seconds = seconds
        self.control.skew_headers(seconds)

    def window_of(self, exchange: Exchange) -> int:
        return math.floor((self._opened_at + exchange.at + self.skew_seconds) / WINDOW)

    def windows(self) -> list[int]:
        """Returns how many requests were answered in each window, from the first to the last."""
        used = Counter(self.window_of(exchange) for exchange in self.control.requests())
        return [used[window] for window in range(min(used), max(used) + 1)]

    def refused(self) -> list[Exchange]:
        return [exchange for exchange in self.control.requests() if exchange.status == 429]


@pytest.fixture
def clio() -> Iterator[Watched]:
    sandbox = Watched()
    with sandbox:
        yield sandbox


@pytest.mark.parametrize("skew_seconds", [0, -400, 400] if thorough() else [400])
def test_a_run_spends_the_whole_budget_and_meets_no_429(
    skew_seconds: int, clio: Watched, warehouse: Warehouse, record_property: Told
) -> None:
    clio.skew(skew_seconds)
    began = time.monotonic()
    receipts = load(warehouse, small_pages(clio.url, token_of(clio), NAMES, page=PAGE))
    seconds = time.monotonic() - began
    asked = clio.control.requests()
    floor_seconds = len(asked) / LIMIT * WINDOW
    reading_seconds = asked[-1].at - asked[0].at
    told = (
        f"{clio.windows()}, floor {floor_seconds:.1f} s, read in {reading_seconds:.1f} s, run {seconds:.1f} s"
    )
    record_property("rate", told)
    assert {receipt.outcome for receipt in receipts.values()} == {"complete"}
    assert clio.refused() == []
    assert min(clio.windows()[1:-1]) >= FULL * LIMIT
    assert reading_seconds <= 1.1 * floor_seconds
    if thorough():  # otherwise the last package weighs more than a tenth
        assert seconds <= 1.1 * floor_seconds
    assert wrong_tables(clio, warehouse, NAMES) == {}


def test_a_limit_that_rises_and_falls_is_followed(
    clio: Watched, warehouse: Warehouse, record_property: Told
) -> None:
    raised = 300 if thorough() else 60
    turns: list[int] = []

    def change(exchange: Exchange) -> None:
        if exchange.number in (LIMIT * 3 // 2, LIMIT * 3 + raised // 2):
            clio.control.rate_limit(LIMIT if turns else raised)
            turns.append(clio.window_of(exchange))

    clio.control.on_request(change)
    load(warehouse, small_pages(clio.url, token_of(clio), NAMES, page=PAGE))
    windows = clio.windows()
    rose, fell = (turn - clio.window_of(clio.control.requests()[0]) for turn in turns)
    record_property("rate", f"{windows}, rose in {rose}, fell in {fell}, {len(clio.refused())} refused")
    assert max(windows[rose : fell + 1]) > 1.1 * LIMIT
    assert all(FULL * LIMIT <= used <= LIMIT + 1 for used in windows[fell + 1 : -1])
    assert len(clio.refused()) <= THREADS  # those under way when the limit fell below what was spent
    assert wrong_tables(clio, warehouse, NAMES) == {}


def test_half_of_the_budget_is_left_to_others(
    clio: Watched, warehouse: Warehouse, record_property: Told
) -> None:
    receipts = load(warehouse, small_pages(clio.url, token_of(clio), NAMES[:1], page=PAGE, rate_share=0.5))
    windows = clio.windows()
    record_property("rate", windows)
    assert receipts["activities"].outcome == "complete"
    assert clio.refused() == []
    # A request that is counted at the turn of two windows may stand in the other one in the log.
    assert max(windows) <= LIMIT / 2 + 1
    assert min(windows[1:-1]) >= FULL * LIMIT / 2 - 1


@pytest.mark.skipif(not thorough(), reason="takes a minute; tests/unit/test_throttle.py has a short one")
def test_two_programs_on_one_token_obey_its_refusals_and_both_end_right(
    clio: Watched, tmp_path: Path, record_property: Told
) -> None:
    """The log tells them apart by the API version that each asks for."""
    versions = ("4.0.13", "4.0.12")
    programs = {}
    for version in versions:
        command = ["-m", "tests.guarantees.small_pages", clio.url, clio.token, str(tmp_path / version)]
        (tmp_path / version).mkdir()
        programs[version] = subprocess.Popen([sys.executable, *command, version, ",".join(NAMES)], cwd=ROOT)
    assert {version: program.wait(timeout=300) for version, program in programs.items()} == dict.fromkeys(
        versions, 0
    )
    refused = Counter((clio.window_of(e), e.headers["x-api-version"]) for e in clio.refused())
    record_property("rate", f"{clio.windows()}, refused {dict(refused)}")
    # Who is refused waits for the next window; so does every request but those under way.
    assert max(refused.values(), default=0) <= THREADS
    for version in versions:
        assert wrong_tables(clio, Warehouse(tmp_path / version), NAMES) == {}
