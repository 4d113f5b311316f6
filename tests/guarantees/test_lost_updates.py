"""Whatever changes between and during the pages of several runs, the tables end up as Clio has it."""

from random import Random

import pytest

from clio_sandbox import Sandbox
from clio_source import sync

from ..conftest import Tables, Warehouse, truth
from .firm import CHANGING, READ_WHOLE, SHOWN, ChangingFirm, declare, doubled, read_with, wrong
from .small_pages import rounds


@pytest.mark.parametrize("number", range(rounds(by_default=1)))
def test_no_change_is_lost_and_no_row_doubled(clio: Sandbox, warehouse: Warehouse, number: int) -> None:
    draw = Random(number)
    names = draw.sample(CHANGING, 3)
    shown = {name: SHOWN[name] for name in (*names, *(READ_WHOLE if "bills" in names else ()))}
    collections = declare(shown, {name: draw.randint(2, 6) for name in shown})
    firm = ChangingFirm(clio, collections, number)
    clio.control.settle(updated_since_inclusive=draw.random() < 0.5)
    clio.control.skew_headers(draw.choice((-60, 0, 60)))

    def load(checkpoint_pages: int) -> Tables:
        source = read_with(clio.url, clio.token, collections)
        receipts = sync(warehouse.pipeline(), source, checkpoint_pages=checkpoint_pages)
        assert {receipt.outcome for receipt in receipts} == {"complete"}
        tables = warehouse.tables()
        assert doubled(tables, collections) == []
        return tables

    for turn in range(3):
        with firm.changing(turn):
            load(draw.choice((2, 4, 100)))
        for _ in range(draw.randint(0, 9)):
            firm.change(draw)
        clio.control.pass_time(draw.choice((0, 0, 100, 1_000)))
    tables = load(100)
    for name, collection in collections.items():
        gone = firm.kept(name, tables[name])
        assert wrong(tables, collection, truth(clio, collection) + gone) == []
