"""`accounts.toml` is checked as a whole before anything is read: every mistake is told, in four parts."""

from pathlib import Path

import pytest
from dlt.common.runtime.run_context import RunContext, switched_run_context

from clio_source.accounts import Account, read_account, read_accounts
from clio_source.errors import ConfigurationError

TOKENS = "\n".join(
    f'[sources.clio.{name}.credentials]\naccess_token = "token-of-{name}"' for name in ("a", "b", "c")
)


def read(folder: Path, text: str, secrets: str = TOKENS) -> list[Account]:
    (folder / ".dlt").mkdir(exist_ok=True)
    (folder / ".dlt" / "secrets.toml").write_text(secrets)
    file = folder / "accounts.toml"
    file.write_text(text)
    with switched_run_context(RunContext(str(folder))):
        return read_accounts(file)


def mistakes(folder: Path, text: str, secrets: str = TOKENS) -> list[str]:
    with pytest.raises(ExceptionGroup) as raised:
        read(folder, text, secrets)
    assert all(isinstance(error, ConfigurationError) for error in raised.value.exceptions)
    return [str(error) for error in raised.value.exceptions]


def test_what_is_not_said_is_said_by_the_defaults(tmp_path: Path) -> None:
    text = """
        defaults = {deletions = true, exclude = ["documents"], region = "us"}
        [accounts.a]
        [accounts.b]
        region = "eu"
        dataset = "b_llp"
        deletions = false
        rate_share = 1
        schedule = "hourly"
    """
    a, b = read(tmp_path, text)
    assert (a.name, a.region, a.dataset, a.deletions) == ("a", "us", "clio_a", True)
    assert (a.credentials, a.place) == ("sources.clio.a.credentials", str(tmp_path / "warehouse.duckdb"))
    assert (b.region, b.dataset, b.deletions, b.rate_share) == ("eu", "b_llp", False, 1.0)
    assert (b.schedule, b.exclude) == ("hourly", ("documents",))
    with switched_run_context(RunContext(str(tmp_path))):
        assert "documents" not in a.source().resources.selected
        assert b.source().reader.client.host == "https://eu.app.clio.com"


US = '[accounts.a]\nregion = "us"\n'
CASES = {
    "an unknown key": (US + 'regoin = "eu"', "Account a", "`regoin` came", "known"),
    "an unknown table": (US + "[acounts.b]", "The file", "`acounts` came", "defaults, accounts"),
    "no account": ("[accounts]", "The file", "it has no account", "[accounts.smith_llp]"),
    "an account that is a value": ("[accounts]\na = 1", "Account a", "not a table", "[accounts.a]"),
    "a name that is none": ('[accounts."A & B"]\nregion = "us"', "Account A & B", "small letters"),
    "a type that is not due": (US + 'deletions = "no"', "deletions", "true or false"),
    "a list that is none": (US + 'select = "bills"', "select", "a list of texts"),
    "no region": ("[accounts.a]", "Account a, region", "there is none", "Give us, eu, ca or au"),
    "a region that is none": ('[accounts.a]\nregion = "uk"', "Account a", "`uk` came", "is eu"),
    "a collection that is none": (
        US + 'select = ["bills", "invoices"]', "Account a", "invoices came", "collections.md"
    ),
    "nothing left": (
        US + 'select = ["bills"]\nexclude = ["bills"]', "Account a", "no collection is left"
    ),
    "a date that is none": (US + 'start_date = "soon"', "Account a", "start_date", "soon"),
    "a share beyond all": (US + 'rate_share = 2', "Account a", "rate_share", "0.5"),
    "a destination that is none": (
        US + 'destination = "oracle"', "Account a, Destination", "`oracle` came"
    ),
    "a folder that is not there": (
        US + 'destination = "nowhere/w.duckdb"', "Account a", "no folder", "nowhere", "Make it"
    ),
    "a file named like a schema": (
        US + 'destination = "clio_a.duckdb"', "Account a", "named like the schema"
    ),
    "a schema that is none": (US + 'dataset = "a; b"', "Account a, dataset", "letters"),
    "nobody signed in": (
        '[accounts.d]\nregion = "ca"', "Account d", "no access_token", "login --account d --region ca"
    ),
    "one dataset for two": (
        '[defaults]\nregion = "us"\ndataset = "clio"\n[accounts.a]\n[accounts.b]',
        "Accounts a and b", "the same dataset", "same ids",
    ),
    "a dataset that dlt needs for another": (
        '[defaults]\nregion = "us"\n[accounts.a]\n[accounts.b]\ndataset = "clio_a_staging"',
        "Accounts a and b", "where dlt prepares the rows of the first", "a dataset of its own",
    ),
    "the dataset of the marts": (US + 'dataset = "clio_marts"', "Account a, dataset", "that of the marts"),
    "one prefix for two": (
        '[defaults]\nregion = "us"\ntable_prefix = "x"\n[accounts.a]\n[accounts.b]',
        "Accounts a and b", "the same tables", "table_prefix",
    ),
    "a prefix that makes another's table": (
        US + 'dataset = "clio"\n[accounts.b]\nregion = "us"\ntable_prefix = "trust"',
        "Accounts a and b", "the same tables", "table_prefix",
    ),
    "a prefix that is none": (US + 'table_prefix = "a; b"', "Account a, table_prefix", "small letters"),
    "one token for two": (
        '[defaults]\nregion = "us"\ncredentials = "sources.clio.a.credentials"\n[accounts.a]\n[accounts.b]',
        "Accounts a and b", "the same token", "Sign in to each",
    ),
    "a section that nobody signs in to": (
        US + 'credentials = "sources.smith"',
        "Account a, credentials", "`sources.smith` came", "sources.clio.NAME.credentials",
    ),
    "no TOML": ("[accounts", "cannot be read", "TOMLDecodeError", "docs/accounts.md"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_told_in_four_parts(name: str, tmp_path: Path) -> None:
    text, *phrases = CASES[name]
    (told,) = mistakes(tmp_path, text)
    for phrase in phrases:
        assert phrase in told
        told = told[told.index(phrase) :]
    assert "token-of" not in told


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = '[accounts.a]\nregion = "uk"\ndataset = "-"\n[accounts.b]\n[accounts.d]\nregion = "us"\nx = 1'
    told = mistakes(tmp_path, text)
    assert [line.split(",")[0] for line in told] == ["Account d", "Account a", "Account a", "Account b"]


def test_one_account_can_be_read_whatever_is_wrong_with_others(tmp_path: Path) -> None:
    text = US + '[accounts.b]\nregion = "uk"\n[accounts.c]\nregion = "us"\ndataset = "clio_e"\n[accounts.e]\n'
    assert mistakes(tmp_path, text)
    with switched_run_context(RunContext(str(tmp_path))):
        file = tmp_path / "accounts.toml"
        assert read_account(file, "a").region == "us"
        for name, phrase in (("b", "`uk` came"), ("c", "the same dataset"), ("d", "`d` came; a, b, c, e")):
            with pytest.raises(ExceptionGroup) as raised:
                read_account(file, name)
            assert phrase in str(raised.value.exceptions[0])


def test_where_rows_are_can_be_read_without_a_sign_in(tmp_path: Path) -> None:
    """Marts are built where nobody can sign in to Clio; what would lose a firm's rows is still a mistake."""
    text = '[accounts.a]\n[accounts.d]\nregion = "uk"\n'
    assert mistakes(tmp_path, text, secrets="")
    with switched_run_context(RunContext(str(tmp_path))):
        file = tmp_path / "accounts.toml"
        assert [a.dataset for a in read_accounts(file, to_load=False)] == ["clio_a", "clio_d"]
        file.write_text(text + 'dataset = "clio_a"')
        with pytest.raises(ExceptionGroup):
            read_accounts(file, to_load=False)


def test_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExceptionGroup) as raised:
        read_accounts(tmp_path / "accounts.toml")
    assert "cannot be read (No such file or directory)" in str(raised.value.exceptions[0])
