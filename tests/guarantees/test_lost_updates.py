"""Whatever changes between and during the pages of several runs, the tables end up as Clio has it."""

from random import Random

import pytest

from clio_sandbox import Sandbox
from clio_source import sync

from ..conftest import Warehouse, truth
from .firm import CHANGING, SHOWN, ChangingFirm, declare, doubled, read_with, rounds, wrong


@pytest.mark.parametrize("number", rounds(few=3))
def test_no_change_is_lost_and_no_row_doubled(clio: Sandbox, warehouse: Warehouse, number: int) -> None:
    draw = Random(number)
    collections = declare(SHOWN, {name: draw.randint(2, 9) for name in SHOWN})
    firm = ChangingFirm(clio, collections, number)
    clio.control.settle(updated_since_inclusive=draw.random() < 0.5)
    clio.control.skew_headers(draw.choice((-60, 0, 60)))

    def load(checkpoint_pages: int) -> None:
        source = read_with(clio.url, clio.token, collections)
        receipts = sync(warehouse.pipeline(), source, checkpoint_pages=checkpoint_pages)
        assert {receipt.outcome for receipt in receipts} == {"complete"}
        assert doubled(warehouse, collections) == []

    for turn in range(draw.randint(3, 4)):
        with firm.changing(turn):
            load(draw.choice((1, 2, 3, 100)))
        for _ in range(draw.randint(0, 9)):
            firm.change(draw, draw.choice(CHANGING))
        clio.control.pass_time(draw.choice((0, 0, 100, 1_000)))
    load(100)
    for name, collection in collections.items():
        gone = firm.kept(name, warehouse.rows(name)) if name in CHANGING else []
        assert wrong(warehouse, collection, truth(clio, collection) + gone) == []
