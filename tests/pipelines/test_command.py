"""`python pipelines/clio_to_duckdb.py` as a person runs it: what it says, how it ends, what it leaves."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree

import duckdb
import pytest

from clio_sandbox import Fault, Sandbox

from ..conftest import Warehouse

ROOT = Path(__file__).parents[2]
COMMAND = ROOT / "pipelines" / "clio_to_duckdb.py"
TWO = ("--select", "currencies,bill_themes")


@dataclass(frozen=True)
class Run:
    """What one run of the command came to."""

    code: int
    out: str
    err: str
    folder: Path
    token: str

    @property
    def database(self) -> Path:
        return self.folder / "warehouse.duckdb"


def load(folder: Path, clio: Sandbox, *arguments: str, **settings: str | None) -> Run:
    """Runs the command in a folder that has the project's settings and no secrets."""
    copytree(ROOT / ".dlt", folder / ".dlt", ignore=lambda *_: ["secrets.toml"], dirs_exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DLT_DATA_DIR": str(folder / "dlt"),
        "SOURCES__CLIO__API_URL": clio.url,
        "SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN": clio.token,
    } | settings
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", str(COMMAND), *arguments],
        cwd=folder,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=300,  # marts included
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr, folder, clio.token)


# What goes wrong before anything is read


def nothing(_clio: Sandbox, _folder: Path) -> None:
    """All is well here."""


@dataclass(frozen=True)
class Case:
    """How a run goes wrong, the exit code, and a phrase of each part of the message."""

    code: int
    doing: str
    came: str
    means: str
    remedy: str
    arguments: tuple[str, ...] = ()
    settings: Mapping[str, str | None] = field(default_factory=dict)
    region: str = "us"
    prepare: Callable[[Sandbox, Path], object] = nothing


def hold_open(_clio: Sandbox, folder: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(folder / "warehouse.duckdb"))


def write_no_database(_clio: Sandbox, folder: Path) -> None:
    (folder / "warehouse.duckdb").write_text("client,balance\n" * 1000)


def spoil_secrets(_clio: Sandbox, folder: Path) -> None:
    (folder / ".dlt").mkdir(exist_ok=True)
    (folder / ".dlt" / "secrets.toml").write_text("[sources.clio\n")


def answer_html(clio: Sandbox, _folder: Path) -> object:
    return clio.control.fault(Fault("html", status=200))


def silent_address() -> str:
    """Returns an address of this machine where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


TOKEN = "SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN"
CASES: dict[str, Case] = {
    "a wrong token": Case(
        1, "Signing in to Clio", "401", "token is wrong", "Check the region, and the credentials",
        settings={TOKEN: "wrong-token-0123456789"},
    ),
    "no token": Case(
        2, "credentials", "no access_token", "nobody in", f"set {TOKEN}", settings={TOKEN: None}
    ),
    "a token of another region": Case(
        1, "Signing in to Clio", "401", "another region", "authorise the app anew",
        settings={TOKEN: "token-of-app.clio.com"}, region="eu",
    ),
    "a secrets file that is not TOML": Case(
        2, "File .dlt/secrets.toml", "cannot be read", "not TOML", "example.secrets.toml",
        prepare=spoil_secrets,
    ),
    "a region that is none": Case(
        2, "sources.clio.region", "`uk` came", "host of its own", "Take the region",
        settings={"SOURCES__CLIO__REGION": "uk", "SOURCES__CLIO__API_URL": None},
    ),
    "an address that is not encrypted": Case(
        2, "sources.clio.api_url", "not an https address", "readable", "Give scheme and host",
        settings={"SOURCES__CLIO__API_URL": "http://clio.example"},
    ),
    "a share of the budget beyond all": Case(
        2, "rate_share", "2", "", "", settings={"SOURCES__CLIO__RATE_SHARE": "2"}
    ),
    "a start that is no date": Case(
        2, "start_date", "soon", "", "", settings={"SOURCES__CLIO__START_DATE": "soon"}
    ),
    "a number of pages that is none": Case(
        2, "checkpoint_pages", "many", "", "", settings={"SOURCES__CLIO__CHECKPOINT_PAGES": "many"}
    ),
    "an unknown collection": Case(
        2, "--select", "`invoices` is not a collection", "bills", "docs/collections.md",
        arguments=("--select", "bills,invoices"),
    ),
    "no collection left": Case(
        2, "--exclude", "no collection is left", "nothing to load", "Exclude fewer",
        arguments=("--select", "bills", "--exclude", "bills"),
    ),
    "a folder that is not there": Case(
        1, "Database nowhere/w.duckdb", "cannot be written", "could not be made", "Make the directory",
        arguments=("--database", "nowhere/w.duckdb"),
    ),
    "a folder that is a file": Case(
        1, "Database file/w.duckdb", "cannot be written", "could not be made", "Nothing was loaded",
        arguments=("--database", "file/w.duckdb"), prepare=lambda _, folder: (folder / "file").touch(),
    ),
    "a file named like its schema": Case(
        2, "Database clio.duckdb", "named like the schema clio", "cannot tell", "another name",
        arguments=("--database", "clio.duckdb"),
    ),
    "a database that is open elsewhere": Case(
        1, "Database warehouse.duckdb", "another process has it open", "one process", "Close the other",
        prepare=hold_open,
    ),
    "a file that is no database": Case(
        1, "Database warehouse.duckdb", "cannot open it", "not a DuckDB file", "another file",
        prepare=write_no_database,
    ),
    "a page of HTML": Case(
        1, "Signing in to Clio", "HTML; JSON was due", "firewall or proxy", "api_url", prepare=answer_html
    ),
    "nobody there": Case(
        1, "Signing in to Clio", "no answer came", "address is wrong", "Check the network",
        settings={"SOURCES__CLIO__API_URL": silent_address()},
    ),
    "an API version that is gone": Case(
        1, "Signing in to Clio", "410", "retired", "sources.clio.api_version",
        prepare=lambda clio, _: clio.control.retire_version("4.0.13"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Run]]]:
    """All cases, two at a time: most of a run is Python's start."""

    def run(name: str, case: Case) -> Run:
        folder = tmp_path_factory.mktemp(name.replace(" ", "-"))
        with ExitStack() as stack:
            clio = stack.enter_context(Sandbox("small", region=case.region))
            kept = case.prepare(clio, folder)
            if isinstance(kept, duckdb.DuckDBPyConnection):
                stack.callback(kept.close)
            arguments = case.arguments if "--select" in case.arguments else (*case.arguments, *TWO)
            return load(folder, clio, *arguments, **case.settings)

    with ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(run, name, case) for name, case in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_done_is_told_in_four_parts_and_leaves_nothing(
    name: str, failures: dict[str, Future[Run]]
) -> None:
    run, case = failures[name].result(), CASES[name]
    assert run.code == case.code, run.err
    told = run.err
    for phrase in (case.doing, case.came, case.means, case.remedy):
        assert phrase in told
        told = told[told.index(phrase) :]
    assert "Traceback" not in run.out + run.err
    assert len(run.err.strip().splitlines()) == 1
    for secret in (run.token, case.settings.get(TOKEN)):
        assert secret is None or secret not in run.out + run.err
    left = [path for path in run.folder.rglob("*.duckdb*") if path.is_file()]
    if name == "a database that is open elsewhere":
        assert left == [run.database]
        assert Warehouse(run.folder).columns() == {}
    elif name == "a file that is no database":
        assert left == [run.database]
        assert run.database.read_text() == "client,balance\n" * 1000
    else:
        assert left == []


# What goes right, and what goes half right


def test_a_load_ends_with_a_summary_and_a_query_and_goes_on_where_it_ended(tmp_path: Path) -> None:
    with Sandbox("small") as clio:
        first = load(tmp_path, clio, "--select", "currencies, bills")
        bills = len(clio.truth("bills", "id"))
        clio.control.forget_requests()
        second = load(tmp_path, clio, "--select", "currencies,bills", "--progress")
        asked = clio.control.requests("bills")
        loaded = Warehouse(tmp_path).tables()
        clio.control.revoke_access()
        third = load(tmp_path, clio, "--select", "currencies,bills")
    assert (first.code, second.code, third.code) == (0, 0, 1), first.err + second.err
    assert first.err == ""
    assert f"{bills}" in first.out
    assert "Open warehouse.duckdb with DuckDB" in first.out
    assert ["updated_since" in request.parameters for request in asked] == [True]
    warehouse = Warehouse(tmp_path)
    assert warehouse.tables() == loaded  # a run that fails leaves what was loaded before
    assert len(warehouse.rows("bills")) == bills
    query = first.out[first.out.index("select ") :].strip()
    assert warehouse.sql(query)
    for written in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert clio.token.encode() not in written.read_bytes(), written


@pytest.mark.parametrize(
    ("fault", "code", "outcome"), [("forbidden", 3, "forbidden"), ("foreign_next", 1, "failed")]
)
def test_one_collection_that_fails_stops_no_other_and_is_named(
    fault: str, code: int, outcome: str, tmp_path: Path
) -> None:
    with Sandbox("small") as clio:
        clio.control.fault(Fault(fault, "bill_themes"))  # type: ignore[arg-type]
        run = load(tmp_path, clio, *TWO)
        currencies = len(clio.truth("currencies", "id"))
    assert run.code == code
    assert f"{outcome}: bill_themes, page 1: " in run.out
    assert "Traceback" not in run.out + run.err
    assert run.token not in run.out + run.err
    warehouse = Warehouse(tmp_path)
    assert len(warehouse.rows("currencies")) == currencies
    assert warehouse.rows("bill_themes") == []
    log = {row["collection"]: row["outcome"] for row in warehouse.rows("clio_sync_log")}
    assert log == {"currencies": "complete", "bill_themes": outcome}


def test_marts_are_built_on_what_was_loaded_and_what_was_not_loaded_is_empty_there(tmp_path: Path) -> None:
    with Sandbox("small") as clio:
        run = load(tmp_path, clio, "--exclude", "relationships", "--marts", "--dataset", "boston")
    assert run.code == 0, run.out + run.err
    assert "The marts are in boston_marts." in run.out
    (counts,) = Warehouse(tmp_path).sql(
        "select (select count(*) from boston_marts.stg_clio__bills) as staged, "
        "(select count(*) from boston.bills) as loaded, "
        "(select count(*) from boston_marts.stg_clio__relationships) as not_loaded"
    )
    assert counts["staged"] == counts["loaded"] > 100
    assert counts["not_loaded"] == 0
