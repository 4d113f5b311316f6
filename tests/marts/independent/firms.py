"""Several invented firms in one warehouse, an account each, and the records they were loaded from."""

import copy
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from clio_sandbox import Sandbox

from ...conftest import Warehouse
from .billed import Records

# What the ledgers are made from.
COLLECTIONS = (
    "activities",
    "activities_written_off",
    "activity_rates",
    "allocations",
    "bank_accounts",
    "bank_transactions",
    "billable_matters",
    "bills",
    "contacts",
    "credit_memos",
    "currencies",
    "interest_charges",
    "line_items",
    "matters",
    "outstanding_client_balances",
    "trust_line_items",
    "users",
)


@dataclass(frozen=True)
class LoadedFirm:
    """A firm as it was when it was loaded for the last time, by the firm itself."""

    account: str
    records: Records
    today: date


def load(clio: Sandbox, account: str, warehouse: Warehouse, deletions: bool = False) -> LoadedFirm:
    """Loads a firm and keeps a copy of its records; like Clio's, a line tells no entry that is gone."""
    warehouse.sync(clio, *COLLECTIONS, deletions=deletions)
    with clio.lock:
        records = {name: copy.deepcopy(clio.firm.records.get(name, {})) for name in COLLECTIONS}
        today = clio.firm.now.date()
    for line in records["line_items"].values():
        if line["activity"] and line["activity"].id not in records["activities"]:
            line["activity"] = None
    return LoadedFirm(account, records, today)


def bring_together(file: Path, warehouses: dict[str, Warehouse]) -> dict[str, Any]:
    """Copies each account into a schema of one file; returns the variable that names them."""
    with duckdb.connect(str(file)) as connection:
        for account, warehouse in warehouses.items():
            connection.execute(f"attach '{warehouse.file}' as other (read_only)")
            connection.execute(f"create schema clio_{account}")
            tables = connection.execute(
                "select table_name from duckdb_tables() "
                "where database_name = 'other' and schema_name = 'clio'"
            ).fetchall()
            for (table,) in tables:
                connection.execute(f'create table clio_{account}."{table}" as from other.clio."{table}"')
            connection.execute("detach other")
    return {"clio_accounts": [{"name": name, "schema": f"clio_{name}"} for name in warehouses]}
