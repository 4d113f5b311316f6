"""The marts of many firms: what dbt has to know of `accounts.toml`."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from marts import build_marts, check_dbt

from clio_source.accounts import MARTS, Account
from clio_source.destinations import duckdb_path
from clio_source.errors import ConfigurationError

Variables = dict[str, list[dict[str, Any]]]


class Marts:
    """The marts over all accounts, in a DuckDB file; checked before anything is read.

    Raises:
        ConfigurationError: they cannot be built there.
    """

    def __init__(self, accounts: Sequence[Account], file: Path) -> None:
        check_dbt()
        self._file = file
        self._variables = dbt_variables(accounts, file)
        if not all(duckdb_path(account.destination) for account in accounts):
            raise _refused(
                f"the accounts are in {accounts[0].place}.",
                "A DuckDB file is built of DuckDB files.",
                "Run dbt with the target of that warehouse, and --dbt-vars: docs/accounts.md.",
            )
        if file.stem in (MARTS, *(account.dataset for account in accounts)):
            raise _refused(
                f"the file {file} is named like a schema.",
                "DuckDB cannot tell them apart.",
                "Give another name, such as all_firms.duckdb.",
            )
        if not file.resolve().parent.is_dir():
            raise _refused(
                f"there is no folder {file.parent}.", "The file could not be made.", "Make the folder."
            )

    def build(self) -> str:
        """Builds and tests them; returns what to say of it.

        Raises:
            ClioError: a model could not be built, or a test found rows.
        """
        count = build_marts(self._file, MARTS, self._variables)
        return f"{count} models and tests are fine. The marts are in {MARTS} of {self._file}."


def dbt_variables(accounts: Sequence[Account], marts: Path) -> Variables:
    """Returns the variables of the dbt project that make its models span the accounts.

    Firms that lie in other DuckDB files than the marts have a `database`: the name under which dbt attaches
    the file, to read only.

    Args:
        marts: the DuckDB file that dbt writes; of no meaning to a warehouse.

    Raises:
        ConfigurationError: dbt reads one warehouse, and the accounts are in several.
    """
    files = [duckdb_path(account.destination) for account in accounts]
    if not all(files) and len({account.place for account in accounts}) > 1:
        raise _refused(
            "the accounts are in several warehouses.",
            "dbt reads one of them at a time; only DuckDB files can be read together.",
            "Choose the accounts of one: --dbt-vars --only A,B.",
        )
    names = dict(_databases([file.resolve() for file in files if file], marts.resolve()))
    told = [_told(account, names) for account in accounts]
    attached = [{"path": str(file), "alias": name, "read_only": True} for file, name in names.items()]
    return {"clio_accounts": told} | ({"clio_attach": attached} if attached else {})


def _told(account: Account, names: dict[Path, str]) -> dict[str, str]:
    told = {"name": account.name, "schema": account.dataset}
    if account.prefix:
        told["prefix"] = account.prefix
    if database := names.get(Path(account.place)):
        told["database"] = database
    return told | ({"region": account.region} if account.region else {})


def _databases(files: list[Path], marts: Path) -> Iterator[tuple[Path, str]]:
    """Yields each file but that of the marts, with a name of its own for it."""
    taken = {marts.stem.lower()}
    for file in dict.fromkeys(files):
        if file == marts:
            continue
        plain = f"of_{re.sub(r'[^a-z0-9]+', '_', file.stem.lower())}"
        name = next(n for n in (plain, *(f"{plain}_{i}" for i in range(2, 1_000_000))) if n not in taken)
        taken.add(name)
        yield file, name


def _refused(came: str, means: str, remedy: str) -> ConfigurationError:
    return ConfigurationError("Marts over all accounts", came, means, f"{remedy} Nothing was loaded.")
