"""`pipelines/replicate_accounts.py`: each firm into its own dataset, whatever becomes of the others."""

import json
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import duckdb
import psutil
import pytest

from clio_sandbox import Fault, Sandbox
from clio_source.accounts import Account

from ..conftest import Row
from .firms import ROOT, Done, Firms, firms_of

sys.path.insert(0, str(ROOT / "pipelines"))  # commands import their neighbours

from replicate_accounts import main

NAMES = ("north", "south", "east", "west", "lost")
SOME = ("bills", "currencies", "users")
COLUMNS = "id, number, total, state"


@pytest.fixture
def firms(tmp_path: Path) -> Iterator[Firms]:
    with firms_of(tmp_path, NAMES, ("us", "eu", "ca", "au")) as firms:
        firms.defaults = {"select": list(SOME)}
        yield firms


def rows(file: Path, dataset: str, table: str = "bills") -> list[Row]:
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(f"select {COLUMNS} from {dataset}.{table} order by id").fetchall()
    return [dict(zip(COLUMNS.split(", "), row, strict=True)) for row in found]


def truth(clio: Sandbox) -> list[Row]:
    found: dict[int, Row] = {
        int(str(row["id"])): row for row in clio.truth("bills", COLUMNS.replace(" ", ""))
    }
    return [found[key] for key in sorted(found)]


def is_clean(firms: Firms, *runs: Done) -> bool:
    """True when no secret stands in any output or file but the secrets file itself."""
    secrets = [secret.encode() for secret in firms.all_secrets()]
    seen = [run.out.encode() + run.err.encode() for run in runs]
    seen += [p.read_bytes() for p in firms.folder.rglob("*") if p.is_file() and p.name != "secrets.toml"]
    return not [secret for secret in secrets for text in seen if secret in text]


def test_firms_load_side_by_side_and_one_that_fails_stops_no_other(firms: Firms) -> None:
    """Two share a file, two have their own; one token is dead, one region wrong, one area not permitted."""
    for name in ("north", "south"):
        firms.settings[name]["destination"] = "shared.duckdb"
    firms.clios["east"].control.revoke_access()
    firms.settings["lost"]["api_url"] = firms.clios["west"].url
    firms.clios["south"].control.fault(Fault("forbidden", "users"))
    firms.write()
    first = firms.replicate("--jobs", "4")
    assert first.code == 1
    assert "2 of 5 complete" in first.out
    assert "south: forbidden: users, page 1: Clio answered 403" in first.out
    assert "east: Signing in to Clio: Clio refused the refresh token: invalid_grant." in first.out
    assert "lost: Signing in to Clio: Clio refused the refresh token: invalid_client." in first.out
    assert "another region" in first.out
    assert "authorise the app anew: python -m clio_source.auth login --account east." in first.out
    assert first.err == ""

    files = {"north": "shared", "south": "shared", "west": "warehouse"}
    loaded = {name: rows(firms.folder / f"{file}.duckdb", f"clio_{name}") for name, file in files.items()}
    ids = {name: {row["id"] for row in found} for name, found in loaded.items()}
    assert ids["north"] & ids["south"] & ids["west"]  # they clash
    for name, found in loaded.items():
        assert found == truth(firms.clios[name])
    assert len({str(found) for found in loaded.values()}) == 3  # and are of other bills

    for clio in firms.clios.values():
        clio.control.clear()
        clio.control.forget_requests()
    second = firms.replicate("--only", "north,south")
    assert second.code == 0, second.out + second.err
    assert ["updated_since" in r.parameters for r in firms.clios["north"].control.requests("bills")] == [True]
    assert not firms.clios["west"].control.requests()
    assert loaded["north"] == rows(firms.folder / "shared.duckdb", "clio_north")
    assert is_clean(firms, first, second)


def test_what_is_wrong_with_the_file_starts_nothing(firms: Firms) -> None:
    firms.settings["north"]["region"] = "uk"
    del firms.settings["north"]["api_url"]
    firms.settings["west"]["dataset"] = "clio_east"
    firms.write()
    done = firms.replicate()
    assert (done.code, done.out) == (2, "")
    told = done.err.splitlines()
    assert len(told) == 2
    assert told[0].startswith("Account north, Configuration, sources.clio.region: `uk` came")
    assert told[1].startswith("Accounts east and west: they have the same dataset, and the same tables")
    assert not [request for clio in firms.clios.values() for request in clio.control.requests()]
    assert list(firms.folder.glob("*.duckdb")) == []


def test_a_destination_without_settings_starts_nothing(firms: Firms) -> None:
    firms.settings["north"]["destination"] = "postgres:london"
    firms.settings["south"]["destination"] = "postgres:london"
    firms.write()
    for done in (firms.replicate("--check"), firms.replicate()):
        assert (done.code, done.out) == (2, "")
        (told,) = done.err.splitlines()
        assert told.startswith("Configuration, destination.london.credentials: there is no database")
    assert firms.replicate("--check", "--only", "east").code == 0
    assert not [request for clio in firms.clios.values() for request in clio.control.requests()]


def test_the_page_is_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its file is a good one, its commands run, every option and key stands in it."""
    page = (ROOT / "docs" / "accounts.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(\[defaults\].*?)^```", page, re.MULTILINE | re.DOTALL)
    commands = re.findall(r"^python pipelines/replicate_accounts.py accounts.toml (.*)$", page, re.MULTILINE)
    written = tomllib.loads(example)
    with firms_of(tmp_path, tuple(written["accounts"])) as firms:
        firms.defaults = written["defaults"] | {"select": ["currencies"]}
        for name, settings in written["accounts"].items():
            firms.settings[name] |= settings
        firms.write()
        for command in commands:
            done = firms.replicate(*command.split())
            assert (done.code, done.err) == (0, ""), command
        file = {"CLIO_DATABASE": str(tmp_path / "warehouse.duckdb")}
        variables = json.loads(firms.replicate("--dbt-vars", settings=file).out)
    monkeypatch.setattr("sys.argv", ["replicate_accounts.py", "--help"])
    with pytest.raises(SystemExit):
        main()
    told = capsys.readouterr().out
    assert commands
    assert variables == {
        "clio_accounts": [
            {"name": "smith_llp", "schema": "clio_smith_llp", "region": "eu"},
            {"name": "jones", "schema": "jones_clio", "region": "us"},
        ]
    }
    assert set(re.findall(r"--[a-z-]+", told)) - {"--help"} <= set(re.findall(r"--[a-z-]+", page))
    assert {field.name for field in fields(Account)} - {"name"} <= set(re.findall(r"`(\w+)`", page))


def test_what_is_killed_or_stopped_is_named_and_the_next_run_goes_on(firms: Firms) -> None:
    for name in ("west", "lost"):
        del firms.settings[name], firms.secrets[name]
    for clio in firms.clios.values():
        clio.control.rate_limit(4, 60)  # so that there is something to wait for
    firms.write()
    running = subprocess.Popen(
        firms.command("--jobs", "2"),
        cwd=firms.folder,
        env=firms.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: all(len(firms.clios[n].control.requests()) >= 4 for n in ("north", "south")))
    (server,) = [child for child in psutil.Process(running.pid).children() if child.children()]
    server.children()[0].kill()  # one of the two firms
    assert running.stdout
    ended = running.stdout.readline()
    wait_until(lambda: len(firms.clios["east"].control.requests()) >= 4)  # the third has taken its place
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=120)
    assert running.returncode == 1
    killed = ended.split(":")[0]
    assert f"{killed}: Account {killed}: its process ended with -9." in out
    assert out.count(": incomplete: ") >= 2
    assert "Traceback" not in out + err
    for clio in firms.clios.values():
        clio.control.rate_limit(None)
    done = firms.replicate()
    assert done.code == 0, done.out + done.err
    for name in ("north", "south", "east"):
        assert rows(firms.folder / "warehouse.duckdb", f"clio_{name}") == truth(firms.clios[name])


def wait_until(happened: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)
