"""Firms with different seeds as accounts of one warehouse, built once: their ledgers by every rule."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from clio_sandbox import Sandbox

from ...conftest import Warehouse
from ..conftest import run_dbt
from . import days, settled
from .billed import Records
from .firms import LoadedFirm, bring_together, load
from .oddities import plant
from .rounding import ZERO

RULES = ("proportional", "fifo", "fees_first", "expenses_first")
SEEDS = tuple(map(int, os.environ.get("MARTS_SEEDS", "7 8 13").split()))
LIVED_ON = "lived_on"  # loaded three times within some weeks
ODD = {f"odd_{seed}": seed for seed in SEEDS}  # loaded once, with what seldom happens planted
ACCOUNTS = (LIVED_ON, *ODD)
OF_A_RULE = ("int_settlements__spread", "int_cash__credited", "int_work__ledger")
FROM_SNAPSHOTS = "fct_matter_pipeline"
CENT = Decimal("0.01")

Figures = Mapping[Any, Any]


def agree(ours: Figures, theirs: Figures) -> None:
    """Fails with the first rows on which the marts and the reckoning differ."""
    assert theirs, "there is nothing to compare"
    wrong = [key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)]
    told = [f"{key}: {_told(ours.get(key))} in the marts, {_told(theirs.get(key))} reckoned" for key in wrong]
    assert not wrong, f"{len(wrong)} of {len(theirs)} rows differ:\n" + "\n".join(told[:8])


def _told(row: Any) -> str:
    return "no row" if row is None else ", ".join(f"{v:f}" if isinstance(v, Decimal) else str(v) for v in row)


@dataclass(frozen=True)
class Recomputed:
    """Firms with different seeds as accounts of one warehouse, their ledgers by each rule."""

    warehouse: Warehouse
    firms: dict[str, LoadedFirm]
    earlier: list[LoadedFirm]
    originations: dict[str, settled.Originations]
    planted: dict[str, dict[str, int]]
    found: dict[str, set[tuple[str, int]]]

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Returns a connection that can only read, from the marts."""
        connection = duckdb.connect(str(self.warehouse.file), read_only=True)
        connection.execute("use clio_marts")
        return connection

    def rows(self, account: str, query: str, keys: int, rule: str = "proportional") -> dict[Any, Any]:
        """Returns rows of a query on one account's models: its first columns are the key."""
        with self.connect() as connection:
            connection.execute(f"use by_{rule}")
            found = connection.execute(f"with asked as ({query}) from asked", [account]).fetchall()
        rows = {row[:keys]: row[keys:] for row in found}
        assert len(rows) == len(found), f"two rows have one key: {query}"
        return rows


def recompute(folder: Path) -> Recomputed:
    """Loads the firms, and builds their marts in one warehouse."""
    warehouses = {account: Warehouse(folder, account) for account in ACCOUNTS}
    firms, earlier, planted = {}, [], {}
    with Sandbox("small", seed=4) as clio:
        for days_until_next in (9, 7):
            earlier.append(load(clio, LIVED_ON, warehouses[LIVED_ON], deletions=True))
            clio.control.advance(days_until_next)
        firms[LIVED_ON] = load(clio, LIVED_ON, warehouses[LIVED_ON], deletions=True)
    for account, seed in ODD.items():
        with Sandbox("small", seed) as clio:
            planted[account] = plant(clio)
            firms[account] = load(clio, account, warehouses[account])
    warehouse = Warehouse(folder)
    variables = bring_together(warehouse.file, warehouses)
    originations = {account: _shared(firm.records) for account, firm in firms.items()}
    manifest = run_dbt(warehouse, "parse", variables=variables).result
    assert isinstance(manifest, Manifest)
    assert run_dbt(warehouse, "seed", variables=variables, manifest=manifest).success
    _insert(warehouse, "originations", _rows_of(originations))
    _insert(warehouse, "trust_statements", _statements(firms.values()))
    for rule in RULES:
        models = ("*", "--exclude", FROM_SNAPSHOTS) if rule == RULES[0] else OF_A_RULE
        chosen = variables | {"clio_allocation_rule": rule}
        built = run_dbt(warehouse, "run", "--select", *models, variables=chosen, manifest=manifest)
        assert built.success, built.exception
        _keep(warehouse, rule)
        if rule == RULES[0]:
            asked = ("--select", "test_type:singular", "--exclude", FROM_SNAPSHOTS, "--store-failures")
            tested = run_dbt(warehouse, "test", *asked, variables=variables, manifest=manifest)
    return Recomputed(warehouse, firms, earlier, originations, planted, _found(warehouse, tested))


def _found(warehouse: Warehouse, tested: dbtRunnerResult) -> dict[str, set[tuple[str, int]]]:
    """Returns the account and id of every row that an integrity test found."""
    assert isinstance(tested.result, RunExecutionResult)
    assert len(tested.result.results) > 15
    with duckdb.connect(str(warehouse.file), read_only=True) as connection:
        return {
            result.node.name: set(connection.execute(f"from {result.node.relation_name}").fetchall())
            for result in tested.result
            if result.status != "pass"
        }


def _shared(records: Records) -> settled.Originations:
    """Two people, and three, brought in some of the matters."""
    users = [int(id) for id in records["users"]]
    return {
        int(matter): list(zip(users[n % 3 :], SHARES[n % 2], strict=False))
        for n, matter in enumerate(records["matters"])
        if n % 4 == 0
    }


SHARES = ([Decimal("0.5"), Decimal("0.5")], [Decimal("0.15"), Decimal("0.35"), Decimal("0.5")])


def _rows_of(originations: Mapping[str, settled.Originations]) -> list[tuple[Any, ...]]:
    return [
        (account, matter, user, share)
        for account, of_matter in originations.items()
        for matter, people in of_matter.items()
        for user, share in people
    ]


def _statements(firms: Iterable[LoadedFirm]) -> list[tuple[Any, ...]]:
    """The bank's statements of every month; the last one of an odd firm is a cent off."""
    rows: list[tuple[Any, ...]] = []
    for firm in firms:
        for month in range(1, 7):
            day = date(2026, month + 1, 1) - timedelta(days=1)
            held = days.held(firm.records, day, "effective_date")
            for bank in sorted({holder[0] for holder in held}):
                balance = sum((amount for holder, amount in held.items() if holder[0] == bank), ZERO)
                rows.append((firm.account, bank, day, balance))
        if firm.account in ODD:
            rows[-1] = (*rows[-1][:3], rows[-1][3] + CENT)
    return rows


def _insert(warehouse: Warehouse, seed: str, rows: Sequence[tuple[Any, ...]]) -> None:
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.executemany(f"insert into clio_marts.{seed} values (?, ?, ?, ?)", rows)


def _keep(warehouse: Warehouse, rule: str) -> None:
    """Keeps the ledgers by a rule, which the next rule overwrites."""
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute(f"create schema by_{rule}")
        for (model,) in connection.execute(
            "select table_name from information_schema.tables "  # views too
            "where table_schema = 'clio_marts' and table_name like 'int_%'"
        ).fetchall():
            if rule == RULES[0] or model in OF_A_RULE:
                connection.execute(f"create table by_{rule}.{model} as from clio_marts.{model}")
