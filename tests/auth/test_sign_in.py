"""`python -m clio_source.auth`: the whole way through a browser, and every way in which it ends early."""

import io
import re
import shlex
import socket
import stat
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from .conftest import Person

ROOT = Path(__file__).parents[2]
HERE = "sources", "clio", "credentials"


def kept(person: Person, *path: str) -> dict[str, str]:
    found = tomllib.loads(person.secrets_file.read_text())
    for name in path or HERE:
        found = found[name]
    return found


def secrets_of(person: Person) -> list[str]:
    clio = person.clio
    tokens = [*kept(person).values()] if person.secrets_file.exists() else []
    return [clio.client_secret, clio.token, clio.refresh_token, *(t for t in tokens if "-access-" in t)]


def test_the_browser_brings_tokens_into_the_secrets_file(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    assert person.signs_in() == 0
    tokens = kept(person)
    assert set(tokens) == {"access_token", "refresh_token", "expires_at", "client_id", "client_secret"}
    assert stat.S_IMODE(person.secrets_file.stat().st_mode) == 0o600
    assert person.runs("status") == 0
    out, err = capsys.readouterr()
    assert "Signed in." in out
    assert err == ""
    for told in ("Fairweather", "region   us", f"expires  {tokens['expires_at']}; renewed by itself"):
        assert told in out
    assert not [secret for secret in secrets_of(person) if secret in out + err]


def test_status_tells_each_area_with_one_small_request(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    assert person.signs_in() == 0
    person.clio.control.deny("Billing")
    person.clio.control.forget_requests()
    assert person.runs("status") == 0
    lines = capsys.readouterr().out.splitlines()
    told = {
        area: may
        for may, area in (line.split(maxsplit=1) for line in lines if line.startswith(("reads ", "no ")))
    }
    assert told.pop("Billing") == "no"
    assert set(told.values()) == {"reads"}
    asked = person.clio.control.requests()
    assert len(asked) == 1 + len(told) + 1  # who am I, and an area each
    assert all(request.rows <= 1 for request in asked)


def test_a_firm_of_many_is_kept_apart_and_other_content_stays(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    person.secrets_file.parent.mkdir()
    before = (
        '# ours\n[sources.clio.jones.credentials]  # another firm\naccess_token = "a"\n\n[smtp]\nport = 25\n'
    )
    person.secrets_file.write_text(before)
    person.secrets_file.chmod(0o644)
    assert person.signs_in("--account", "smith_llp", region="eu") == 0
    text = person.secrets_file.read_text()
    assert text.startswith(before.partition("[smtp]")[0])
    assert "[smtp]\nport = 25\n" in text
    assert stat.S_IMODE(person.secrets_file.stat().st_mode) == 0o600
    assert kept(person, "sources", "clio", "smith_llp")["region"] == "eu"
    assert "refresh_token" in kept(person, "sources", "clio", "smith_llp", "credentials")
    assert kept(person, "sources", "clio", "jones", "credentials") == {"access_token": "a"}
    assert person.runs("status", "--account", "smith_llp") == 0
    person.clio.control.revoke_access()
    assert person.runs("refresh", "--account", "smith_llp") == 1
    told = capsys.readouterr().err
    assert "under sources.clio.smith_llp.credentials, or authorise the app anew: " in told
    assert "python -m clio_source.auth login --account smith_llp." in told
    assert person.runs("status") == 2  # the only firm's section has no token


@pytest.mark.parametrize("folder", ["", "pipelines/", "firms/smith/"])
def test_git_takes_no_secret_wherever_somebody_signs_in(folder: str) -> None:
    kept = [f"{folder}.dlt/{name}" for name in ("secrets.toml", "secrets.toml.lock", ".secrets.toml.a1b2")]
    asked = ["git", "check-ignore", *kept]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == kept


def test_the_commands_of_the_page_run(person: Person) -> None:
    page = (ROOT / "docs" / "accounts.md").read_text(encoding="utf-8")
    commands = re.findall(r"^python -m clio_source.auth (\w+)(.*)$", page, re.MULTILINE)
    assert [name for name, _ in commands] == ["login", "status", "refresh", "logout"]
    for name, options in commands:
        done = person.signs_in(*shlex.split(options)) if name == "login" else person.runs(name)
        assert done == 0


@pytest.mark.parametrize("pastes_code", [True, False], ids=["the code", "the page's address"])
def test_without_a_browser_the_code_is_pasted(
    pastes_code: bool, person: Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a person does it: the address from the terminal, the code from Clio's page."""

    class Typing(io.StringIO):
        def readline(self, _size: int | None = -1, /) -> str:  # type: ignore[override]  # stdin that never ends
            address = next(line for line in capsys.readouterr().out.splitlines() if "/oauth/" in line)
            page = requests.get(address, headers={"User-Agent": "tests/1.0"}, timeout=10)
            assert urlsplit(page.url).path == "/oauth/approval"
            return f"{parse_qs(urlsplit(page.url).query)['code'][0] if pastes_code else page.url}\n"

    monkeypatch.setattr("sys.stdin", Typing())
    assert person.runs("login", "--region", "us", "--no-browser") == 0
    assert person.runs("status") == 0


def test_a_refreshed_token_is_kept_and_the_old_refresh_token_too(person: Person) -> None:
    assert person.signs_in() == 0
    before = kept(person)
    assert person.runs("refresh") == 0
    after = kept(person)
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] == before["refresh_token"]
    person.clio.control.expire_access_tokens()
    assert person.runs("status") == 0  # it is renewed on the way, and kept
    assert kept(person)["access_token"] not in (before["access_token"], after["access_token"])


def test_logging_out_ends_the_tokens_at_clio_and_here(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    assert person.signs_in() == 0
    tokens = kept(person)
    assert person.runs("logout") == 0
    assert set(kept(person)) == {"client_id", "client_secret"}
    reply = requests.get(
        f"{person.clio.url}/api/v4/users/who_am_i",
        headers={"Authorization": f"Bearer {tokens['access_token']}", "User-Agent": "tests/1.0"},
        timeout=10,
    )
    assert reply.status_code == 401
    assert person.runs("logout") == 2
    assert (
        "Sign in: python -m clio_source.auth login. Or set SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN"
        in capsys.readouterr().err
    )


def test_the_keyring_holds_what_is_secret(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("XDG_DATA_HOME", str(person.folder / "home"))
    assert person.signs_in("--keyring") == 0
    assert set(kept(person)) == {"client_id", "keyring"}
    for name in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"SOURCES__CLIO__CREDENTIALS__{name}")
    person.clio.control.expire_access_tokens()
    assert person.runs("status") == 0
    assert [request.status for request in person.clio.control.requests("oauth/token")] == [200, 200]
    assert person.runs("status") == 0
    assert len(person.clio.control.requests("oauth/token")) == 2  # the renewed one was kept
    assert person.runs("logout") == 0
    assert person.runs("status") == 2


def declines(person: Person) -> int:
    person.clio.control.user_declines()
    return person.signs_in()


def gives_a_wrong_region(person: Person) -> int:
    person.set.setenv("SOURCES__CLIO__CREDENTIALS__CLIENT_SECRET", "that-of-another-region")
    return person.signs_in()


def is_revoked(person: Person) -> int:
    assert person.signs_in() == 0
    person.clio.control.revoke_access()
    return person.runs("refresh")


def finds_the_port_taken(person: Person) -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", person.port))
        taken.listen()
        return person.signs_in()


def spoils_the_file(person: Person) -> int:
    person.secrets_file.parent.mkdir()
    person.secrets_file.write_text("[sources.clio]\ncredentials = 3\n")
    return person.signs_in()


def names_no_region(person: Person) -> int:
    person.set.delenv("SOURCES__CLIO__API_URL")
    return person.runs("login", "--account", "smith")


CASES = {
    "declined": (declines, 1, "declined (access_denied)", "was not given access", "Sign in again"),
    "wrong state": (
        lambda p: p.signs_in(then="wrong_state"), 1, "has another state", "earlier attempt", "Sign in again"
    ),
    "code expired": (
        lambda p: p.signs_in(then="late"), 1, "refused the code: invalid_grant", "ten minutes", "Sign in"
    ),
    "wrong region": (
        gives_a_wrong_region, 1, "invalid_client", "registered in another region", "Give --region"
    ),
    "revoked": (is_revoked, 1, "refused the refresh token: invalid_grant", "revoked", "authorise the app"),
    "port taken": (finds_the_port_taken, 2, "cannot be listened on", "could not reach us", "--no-browser"),
    "file spoilt": (spoils_the_file, 2, "cannot be read", "not TOML", "example.secrets.toml"),
    "no region": (
        names_no_region, 2, "there is none", "no token works", "login --account smith --region us; or"
    ),
    "a name that is none": (
        lambda p: p.runs("status", "--account", "Smith & Co"), 2, "small letters", "schema", "smith_llp"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_done_is_told_and_nothing_is_stored(
    name: str, person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    act, code, *phrases = CASES[name]
    assert act(person) == code
    out, err = capsys.readouterr()
    assert len(err.strip().splitlines()) == 1
    told = err
    for phrase in phrases:
        assert phrase in told
        told = told[told.index(phrase) :]
    if name not in ("revoked", "file spoilt"):
        assert not person.secrets_file.exists()
        assert not [secret for secret in secrets_of(person) if secret in out + err]
