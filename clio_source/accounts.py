"""Many firms: what `accounts.toml` says of each, checked as a whole before anything is read.

::

    [defaults]                       # holds for every account that does not say otherwise
    destination = "warehouse.duckdb"
    deletions = true

    [accounts.smith_llp]
    region = "eu"
    exclude = ["documents"]

    [accounts.jones]
    region = "us"
    dataset = "jones_clio"
    start_date = "2024-01-01"
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import UnionType
from typing import Any

import dlt

from . import clio_source
from .auth import credentials_of, host_of, section_of
from .collection import load_collections
from .destinations import destination_of, duckdb_path, pipeline_into, source_name
from .errors import ClioError, ConfigurationError
from .layout import tables_of
from .resources import ClioSource

Mistake = tuple[tuple[str, ...], Exception]  # the accounts that it concerns; none: the file

MARTS = "clio_marts"  # the dataset that dbt writes

_DUE: dict[object, str] = {str: "a text", bool: "true or false", float: "a number"}
_DATASET = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_PREFIX = re.compile(r"[a-z]([a-z0-9_]{0,7}[a-z0-9])?")  # the longest table then fits into Postgres's 63
_CREDENTIALS = re.compile(r"sources\.clio\.([a-z][a-z0-9_]*\.)?credentials")


@dataclass(frozen=True)
class Account:
    """One firm: where it is, where its rows go, and what is read of it.

    Attributes:
        region: where the firm signs in: us, eu, ca, au.
        api_url: scheme and host of another Clio, such as the sandbox; wins over the region.
        credentials: the section of the settings that holds its tokens; nothing is taken from elsewhere.
        destination: as `destination_of` takes it; a DuckDB file is looked for beside `accounts.toml`.
        dataset: the schema in it, of this account alone unless it has a prefix.
        table_prefix: begins the names of its tables, where several accounts share a dataset.
        select, exclude: names of collections; all but those that are off by default when empty.
        start_date, rate_share: as `clio_source` takes them.
        deletions: look for deleted records too.
        schedule: a label to choose accounts by, such as "hourly".
    """

    name: str
    region: str = ""
    api_url: str = ""
    credentials: str = ""
    destination: str = "warehouse.duckdb"
    dataset: str = ""
    table_prefix: str = ""
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    start_date: str = ""
    rate_share: float = 1.0
    deletions: bool = False
    schedule: str = ""

    @property
    def place(self) -> str:
        """The destination's own name: a DuckDB file by its whole path."""
        file = duckdb_path(self.destination)
        return str(file.resolve()) if file else self.destination

    @property
    def prefix(self) -> str:
        """What the names of its tables begin with; mostly nothing."""
        return f"{self.table_prefix}_" if self.table_prefix else ""

    def pipeline(self) -> dlt.Pipeline:
        """Returns the pipeline into its dataset."""
        return pipeline_into(self.destination, self.dataset, self.prefix)

    def source(self) -> ClioSource:
        """Returns the firm's source with what is to be read.

        Raises:
            ConfigurationError: a setting cannot be used, or nobody has signed in.
        """
        if not _CREDENTIALS.fullmatch(self.credentials):
            raise _wrong(
                "credentials",
                f"`{self.credentials}` came; sources.clio.NAME.credentials is due.",
                "Leave it out: that is where `auth login --account NAME` keeps the tokens.",
            )
        if not self.region and not self.api_url:
            raise ConfigurationError(
                "region", "there is none.", "Each region has a host of its own.", "Give us, eu, ca or au."
            )
        source: ClioSource = clio_source.with_args(name=source_name(self.prefix))(
            credentials_of(self.credentials),
            api_url=host_of(self.region, self.api_url),
            start_date=self.start_date or None,
            rate_share=self.rate_share,
            table_prefix=self.prefix,
        )
        return source.with_resources(*self._names(source))

    def _names(self, source: ClioSource) -> list[str]:
        unknown = {*self.select, *self.exclude} - load_collections().keys()
        names = [n for n in self.select or source.resources.selected if n not in self.exclude]
        if unknown or not names:
            raise ConfigurationError(
                "select and exclude",
                f"{', '.join(sorted(unknown))} came." if unknown else "no collection is left.",
                "Names are those of the tables.",
                "Take them from docs/collections.md.",
            )
        return names


def read_accounts(file: Path, *, to_load: bool = True) -> list[Account]:
    """Returns the accounts of a file, in its order.

    Args:
        to_load: check sign-ins and what is to be read too; else only where the rows of each are.

    Raises:
        ExceptionGroup: everything that is wrong with it, each as a `ConfigurationError`.
    """
    accounts, mistakes = _read(file, to_load=to_load)
    if mistakes:
        raise ExceptionGroup(str(file), [error for _, error in mistakes])
    return accounts


def read_account(file: Path, name: str) -> Account:
    """Returns one account of a file, whatever is wrong with the others.

    Raises:
        ExceptionGroup: what is wrong with it or with the file, each as a `ConfigurationError`.
    """
    accounts, mistakes = _read(file, to_load=True)
    account = next((account for account in accounts if account.name == name), None)
    wrong = [error for names, error in mistakes if not names or name in names]
    if account is None or wrong:
        raise ExceptionGroup(str(file), wrong or [_unknown(str(file), name, [a.name for a in accounts])])
    return account


def _read(file: Path, *, to_load: bool) -> tuple[list[Account], list[Mistake]]:
    """Returns the accounts that can be read, and all that is wrong, with the names that it concerns."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        came = wrong.strerror if isinstance(wrong, OSError) else type(wrong).__name__
        error = _wrong(f"File {file}", f"it cannot be read ({came}).", "Write it as docs/accounts.md shows.")
        return [], [((), error)]
    strange = document.keys() - {"defaults", "accounts"}
    mistakes: list[Mistake] = [((), _unknown("The file", name, ["defaults", "accounts"])) for name in strange]
    listed = document.get("accounts")
    if not isinstance(listed, dict) or not listed:
        mistakes.append(((), _wrong("The file", "it has no account.", "Write one: [accounts.smith_llp].")))
    accounts: list[Account] = []
    for name, own in listed.items() if isinstance(listed, dict) else ():
        try:
            accounts.append(_account(name, {**document.get("defaults", {}), **own}, file.parent))
        except (ConfigurationError, TypeError) as wrong:
            mistakes.append(((name,), _told_of(name, wrong)))
    for account in accounts:
        wrong_here = [*(_unreadable(account) if to_load else ()), *_unwritable(account)]
        mistakes += [((account.name,), _told_of(account.name, error)) for error in wrong_here]
    return accounts, [*mistakes, *_same_datasets(accounts), *(_same_tokens(accounts) if to_load else ())]


def _account(name: str, given: Mapping[str, Any], folder: Path) -> Account:
    """Raises ConfigurationError where a key is not known or its value of another type."""
    section = section_of(name)
    types: dict[str, Any] = {field.name: field.type for field in fields(Account) if field.name != "name"}
    dataset = "clio" if given.get("table_prefix") else f"clio_{name}"
    values: dict[str, Any] = {"credentials": f"{section}.credentials", "dataset": dataset}
    for key, value in given.items():
        if key not in types:
            raise _unknown(key, key, list(types))
        values[key] = _typed(key, value, types[key])
    account = Account(name, **values)
    if account.table_prefix and not _PREFIX.fullmatch(account.table_prefix):
        came = "it is not small letters, digits and _, 9 at most and no _ at the end."
        raise _wrong("table_prefix", came, "Take smith: the tables are smith_bills and so on.")
    if database := duckdb_path(account.destination):
        # Wherever the command or a scheduler's worker is run from.
        account = replace(account, destination=f"duckdb:{folder.resolve() / database}")
    return account


def _typed(key: str, value: object, kind: type | UnionType) -> object:
    if kind == tuple[str, ...] and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind in (str, bool) and isinstance(value, kind):
        return value
    due = _DUE.get(kind, "a list of texts")
    raise _wrong(
        key, f"{due} is due, and {type(value).__name__} came.", "Write it as docs/accounts.md shows."
    )


def _unreadable(account: Account) -> Iterator[Exception]:
    """Yields what keeps an account from being read; nothing is asked of Clio."""
    try:
        account.source()
    except ConfigurationError as error:
        yield error


def _unwritable(account: Account) -> Iterator[Exception]:
    """Yields what is wrong with where an account's rows go; nothing is asked of a warehouse."""
    try:
        destination_of(account.destination)
    except ConfigurationError as error:
        yield error
    if not _DATASET.fullmatch(account.dataset):
        yield _wrong("dataset", "it is not letters, digits and _.", "It is a schema: take smith_llp.")
    if account.dataset.lower() == MARTS:
        yield _wrong("dataset", f"{MARTS} is that of the marts.", "Give it another name.")
    file = duckdb_path(account.destination)
    if file and not file.resolve().parent.is_dir():
        yield _wrong("destination", f"there is no folder {file.parent}.", "Make it, or give another file.")
    if file and file.stem in (account.dataset, f"{account.dataset}_staging"):
        yield _wrong(
            "destination",
            f"the file is named like the schema {file.stem} in it, and DuckDB cannot tell them apart.",
            "Give the file another name, such as warehouse.duckdb.",
        )


def _same_datasets(accounts: list[Account]) -> Iterator[Mistake]:
    datasets: dict[str, list[Account]] = defaultdict(list)
    for account in accounts:
        datasets[f"{account.place}/{account.dataset.lower()}"].append(account)
    own = "Give each a dataset of its own, or a table_prefix: rows of two firms have the same ids."
    for place, sharing in datasets.items():
        same: dict[str, list[str]] = defaultdict(list)
        for account in sharing:
            for table in _tables(account):
                same[table].append(account.name)
        for names in dict.fromkeys(tuple(names) for names in same.values() if len(names) > 1):
            yield _clash(names, "they have the same dataset, and the same tables in it.", own)
        if others := datasets.get(f"{place}_staging"):
            came = "the dataset of the second is where dlt prepares the rows of the first."
            yield _clash((sharing[0].name, others[0].name), came, own)


def _tables(account: Account) -> Iterator[str]:
    """Yields the tables that it writes; if they are all, it need not be all that it is told to read."""
    for collection in load_collections().values():
        yield from (account.prefix + table for table in tables_of(collection))


def _same_tokens(accounts: list[Account]) -> Iterator[Mistake]:
    tokens: dict[str, list[str]] = defaultdict(list)
    for account in accounts:
        given = credentials_of(account.credentials)
        if token := given.refresh_token or given.access_token:
            tokens[token].append(account.name)
    for names in tokens.values():
        if len(names) > 1:
            remedy = "Sign in to each firm: python -m clio_source.auth login --account NAME."
            yield _clash(names, "they have the same token.", remedy)


def _clash(names: Sequence[str], came: str, remedy: str) -> Mistake:
    return tuple(names), _wrong(f"Accounts {' and '.join(names)}", came, remedy)


def _told_of(name: str, error: Exception) -> Exception:
    if not isinstance(error, ClioError):  # `own` is no table
        return _wrong(f"Account {name}", "it is not a table.", f"Write [accounts.{name}].")
    doing = error.doing if error.doing.startswith("Account") else f"Account {name}, {error.doing}"
    return ConfigurationError(doing, error.came, error.means, error.remedy)


def _unknown(doing: str, name: str, known: list[str]) -> ConfigurationError:
    return _wrong(doing, f"`{name}` came; {', '.join(known)} are known.", "Correct or leave it out.")


def _wrong(doing: str, came: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(doing, came, "Nothing was started.", remedy)
