"""The ledgers held against a second, plain reckoning from the firms' own records, row by row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from dbt.contracts.graph.manifest import Manifest

from clio_sandbox import Sandbox

from ..conftest import Warehouse
from .conftest import run_dbt
from .independent import billed, days, held, settled, worked
from .independent.billed import Records
from .independent.firms import LoadedFirm, bring_together, load
from .independent.oddities import plant

pytestmark = pytest.mark.xdist_group("recomputed")

RULES = ("proportional", "fifo", "fees_first", "expenses_first")
ACCOUNTS = ("plain", "older", "odd")
OF_A_RULE = ("int_settlements__spread", "int_cash__credited", "int_work__ledger")
AXES = ("known_date", "effective_date")

Figures = Mapping[Any, Any]
each_firm = pytest.mark.parametrize("account", ACCOUNTS)
each_rule = pytest.mark.parametrize("rule", RULES)
each_axis = pytest.mark.parametrize("axis", AXES)


@dataclass(frozen=True)
class Recomputed:
    """Firms with different seeds as accounts of one warehouse, their ledgers by each rule."""

    warehouse: Warehouse
    firms: dict[str, LoadedFirm]
    originations: dict[str, settled.Originations]

    def rows(self, account: str, query: str, keys: int, rule: str = "proportional") -> dict[Any, Any]:
        """Returns rows of a query on one account's models: its first columns are the key."""
        with duckdb.connect(str(self.warehouse.file), read_only=True) as connection:
            connection.execute(f"use {'by_' + rule}")
            found = connection.execute(f"with asked as ({query}) from asked", [account]).fetchall()
        rows = {row[:keys]: row[keys:] for row in found}
        assert len(rows) == len(found), f"two rows have one key: {query}"
        return rows


@pytest.fixture(scope="module")
def recomputed(tmp_path_factory: pytest.TempPathFactory) -> Recomputed:
    folder = tmp_path_factory.mktemp("recomputed")
    warehouses = {account: Warehouse(folder, account) for account in ACCOUNTS}
    firms = {}
    with Sandbox("small", seed=3) as clio:
        firms["plain"] = load(clio, "plain", warehouses["plain"])
    with Sandbox("small", seed=4) as clio:
        load(clio, "older", warehouses["older"], deletions=True)
        clio.control.advance(16)
        firms["older"] = load(clio, "older", warehouses["older"], deletions=True)
    with Sandbox("small", seed=8) as clio:
        plant(clio)
        firms["odd"] = load(clio, "odd", warehouses["odd"])
    warehouse = Warehouse(folder)
    variables = bring_together(warehouse.file, warehouses)
    originations = {account: _shared(firm.records) for account, firm in firms.items()}
    manifest = run_dbt(warehouse, "parse", variables=variables).result
    assert isinstance(manifest, Manifest)
    assert run_dbt(warehouse, "seed", variables=variables, manifest=manifest).success
    _insert(warehouse, originations)
    for rule in RULES:
        models = ("path:models/staging", "path:models/intermediate") if rule == RULES[0] else OF_A_RULE
        chosen = variables | {"clio_allocation_rule": rule}
        built = run_dbt(warehouse, "run", "--select", *models, variables=chosen, manifest=manifest)
        assert built.success, built.exception
        _keep(warehouse, rule)
    return Recomputed(warehouse, firms, originations)


def _shared(records: Records) -> settled.Originations:
    """Two people, and three, brought in some of the matters."""
    users = [int(id) for id in records["users"]]
    return {
        int(matter): list(zip(users[n % 3 :], SHARES[n % 2], strict=False))
        for n, matter in enumerate(records["matters"])
        if n % 4 == 0
    }


SHARES = ([Decimal("0.5"), Decimal("0.5")], [Decimal("0.15"), Decimal("0.35"), Decimal("0.5")])


def _insert(warehouse: Warehouse, originations: Mapping[str, settled.Originations]) -> None:
    rows = [
        (account, matter, user, share)
        for account, of_matter in originations.items()
        for matter, people in of_matter.items()
        for user, share in people
    ]
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.executemany("insert into clio_marts.originations values (?, ?, ?, ?)", rows)


def _keep(warehouse: Warehouse, rule: str) -> None:
    """Keeps the ledgers by a rule, which the next rule overwrites."""
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute(f"create schema by_{rule}")
        for (model,) in connection.execute(
            "select table_name from duckdb_tables() "
            "where schema_name = 'clio_marts' and table_name like 'int_%'"
        ).fetchall():
            if rule == RULES[0] or model in OF_A_RULE:
                connection.execute(f"create table by_{rule}.{model} as from clio_marts.{model}")


def agree(ours: Figures, theirs: Figures) -> None:
    """Fails with the first rows on which the marts and the reckoning differ."""
    assert theirs, "there is nothing to compare"
    wrong = [key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)]
    told = [f"{key}: {_told(ours.get(key))} in the marts, {_told(theirs.get(key))} reckoned" for key in wrong]
    assert not wrong, f"{len(wrong)} of {len(theirs)} rows differ:\n" + "\n".join(told[:8])


def _told(row: Any) -> str:
    return "no row" if row is None else ", ".join(f"{v:f}" if isinstance(v, Decimal) else str(v) for v in row)


@each_firm
def test_discounts_fall_on_the_same_lines(recomputed: Recomputed, account: str) -> None:
    ours = recomputed.rows(
        account,
        "select line_item_id, bill_state, kind, line_discount_amount, bill_discount_amount, net_amount "
        "from int_bill_lines__discounted where account = ?",
        1,
    )
    lines = billed.lines(recomputed.firms[account].records)
    assert any(line.bill_discount for line in lines)
    agree(ours, {(i.id,): (i.state, i.kind, i.discount, i.bill_discount, i.net) for i in lines})


@each_firm
def test_bills_ask_for_the_same_parts(recomputed: Recomputed, account: str) -> None:
    ours = recomputed.rows(
        account,
        "select bill_id, line_item_id, matter_id, component, user_id, due_amount, part_date "
        "from int_receivables__parts where account = ?",
        4,
    )
    parts = billed.parts(recomputed.firms[account].records)
    agree(ours, {part.key: (part.user, part.amount, part.date) for part in parts})


@each_rule
@each_firm
def test_money_settles_the_same_parts(recomputed: Recomputed, account: str, rule: str) -> None:
    ours = recomputed.rows(
        account,
        "select allocation_id, line_item_id, component, matter_id, settlement, amount "
        "from int_settlements__spread where account = ?",
        4,
        rule,
    )
    found = settled.settlements(recomputed.firms[account].records, rule)
    agree(ours, {one.key: (one.settlement, one.amount) for one in found})


@each_rule
@each_firm
def test_the_same_people_are_credited(recomputed: Recomputed, account: str, rule: str) -> None:
    ours = recomputed.rows(
        account,
        "select allocation_id, line_item_id, component, matter_id, credit, user_key, amount "
        "from int_cash__credited where account = ? and amount <> 0",
        6,
        rule,
    )
    records = recomputed.firms[account].records
    found = settled.credits(records, settled.settlements(records, rule), recomputed.originations[account])
    agree(ours, {key: (amount,) for key, amount in found})


@each_rule
@each_firm
def test_each_piece_of_work_takes_the_same_steps(recomputed: Recomputed, account: str, rule: str) -> None:
    columns = ("state", *worked.STEPS, "billed_hours", "issued_date")
    ours = recomputed.rows(
        account,
        f"select work_key, {', '.join(columns)} from int_work__ledger where account = ?",
        1,
        rule,
    )
    records = recomputed.firms[account].records
    rows = worked.work(records, settled.settlements(records, rule))
    agree(ours, {(key,): tuple(row[column] for column in columns) for key, row in rows.items()})


@each_firm
def test_time_has_the_same_standard_value(recomputed: Recomputed, account: str) -> None:
    ours = recomputed.rows(
        account,
        "select activity_id, standard_rate_amount, standard_rate_source, charged_rate_amount, "
        "standard_value_amount from int_activities__rated where account = ?",
        1,
    )
    agree(ours, {(id,): figures for id, figures in worked.rated(recomputed.firms[account].records).items()})


@each_firm
def test_trust_moves_and_rolls_forward_alike(recomputed: Recomputed, account: str) -> None:
    firm = recomputed.firms[account]
    ours = recomputed.rows(
        account,
        "select bank_transaction_id, movement, amount, opening_balance_amount, closing_balance_amount, "
        "account_balance_amount from int_trust__ledger where account = ?",
        1,
    )
    agree(ours, {(id,): figures for id, figures in held.ledger(firm.records).items()})
    ours = recomputed.rows(
        account,
        "select bank_account_id, client_id, matter_id, month_date, opening_balance_amount, deposit_amount, "
        "transfer_amount, disbursement_amount, closing_balance_amount "
        "from int_trust__monthly where account = ?",
        4,
    )
    agree(ours, dict(held.months(firm.records, firm.today)))


BALANCES: dict[str, tuple[str, Callable[[Records, date, str], Figures]]] = {
    "int_receivables__events": ("bill_id", days.owed),
    "int_wip__events": ("activity_id", days.on_the_shelf),
    "int_trust__events": ("bank_account_id, client_id, matter_id", days.held),
}


@each_axis
@pytest.mark.parametrize("events", BALANCES)
@each_firm
def test_every_week_had_the_same_balances(
    recomputed: Recomputed, account: str, events: str, axis: str
) -> None:
    by, reckon = BALANCES[events]
    firm = recomputed.firms[account]
    for week in range(0, 30, 3):
        day = firm.today - timedelta(weeks=week)
        ours = recomputed.rows(
            account,
            f"select {by}, sum(amount) from {events} where account = ? and {axis} <= '{day}' "
            f"group by {by} having sum(amount) <> 0",
            by.count(",") + 1,
        )
        theirs = reckon(firm.records, day, axis)
        agree(ours, {key if isinstance(key, tuple) else (key,): (amount,) for key, amount in theirs.items()})
