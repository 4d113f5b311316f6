"""A token that ends is renewed once, by whichever thread or process is first; the others take the new one."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from dlt.common.runtime.run_context import RunContext, switched_run_context

from clio_source import clio_source
from clio_source.auth import ClioCredentials, TokenAuth, credentials_of
from clio_source.errors import AuthenticationError, ConfigurationError

from .conftest import Person
from .test_sign_in import kept

ROOT = Path(__file__).parents[2]
SECTION = "sources.clio.credentials"


def renewals(person: Person) -> list[int]:
    return [request.status for request in person.clio.control.requests("oauth/token")]


def test_threads_and_their_neighbours_renew_once(person: Person) -> None:
    assert person.signs_in() == 0
    person.clio.control.forget_requests()
    with switched_run_context(RunContext(str(person.folder))), ThreadPoolExecutor(8) as pool:
        auths = [TokenAuth(credentials_of(SECTION), person.clio.url) for _ in range(3)]
        old = auths[0].token
        new = list(pool.map(lambda n: auths[n % 3].renew(refused=old), range(24)))
    assert set(new) == {kept(person)["access_token"]}
    assert old not in new
    assert renewals(person) == [200]


def test_processes_renew_once(person: Person) -> None:
    assert person.signs_in() == 0
    person.clio.control.forget_requests()
    person.clio.control.expire_access_tokens()
    command = [sys.executable, "-m", "clio_source.auth", "status"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen(
            command, cwd=person.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert renewals(person) == [200]


def test_tokens_of_the_environment_are_written_nowhere(person: Person) -> None:
    """There is nothing to write to: each process renews for itself."""
    person.set.setenv("SOURCES__CLIO__CREDENTIALS__REFRESH_TOKEN", person.clio.refresh_token)
    assert person.runs("status") == 0
    assert person.runs("refresh") == 0
    assert renewals(person) == [200, 200]
    assert not person.secrets_file.exists()


def test_a_firm_never_takes_what_another_section_holds(person: Person) -> None:
    """dlt looks in the sections above for what is missing; for a token that would be another firm's."""
    person.set.setenv("SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN", "token-of-another-firm")
    with switched_run_context(RunContext(str(person.folder))):
        found = credentials_of("sources.clio.smith.credentials")
    assert (found.access_token, found.client_id, found.refresh_token) == (None, None, None)


@pytest.mark.parametrize("held", ["access_token", "refresh_token"])
def test_a_token_in_the_environment_keeps_those_of_the_file_out(held: str, person: Person) -> None:
    """The consultant has signed in to one firm here, and gives another's token in the environment."""
    person.secrets_file.parent.mkdir()
    person.secrets_file.write_text(
        f'[{SECTION}]\naccess_token = "of-another-firm"\nrefresh_token = "of-another-firm-too"\n'
        'client_id = "an-app"\nclient_secret = "its-secret"\n'
    )
    clio = person.clio
    token = clio.token if held == "access_token" else clio.refresh_token
    person.set.setenv(f"SOURCES__CLIO__CREDENTIALS__{held.upper()}", token)
    with switched_run_context(RunContext(str(person.folder))):
        found = credentials_of(SECTION)
        clio_source(api_url=clio.url).reader.client.read_user()
        assert person.runs("status") == 0
    others = found.refresh_token if held == "access_token" else found.access_token
    assert (getattr(found, held), others) == (token, None)
    assert {request.status for request in clio.control.requests()} == {200}  # no other token was tried
    if held == "access_token":
        clio.control.expire_access_tokens()
        assert person.runs("status") == 1
        assert renewals(person) == []


@pytest.mark.parametrize("names", [("client_id", "client_secret", "refresh_token"), ("access_token",)])
def test_credentials_given_in_python_are_taken_as_they_are(names: tuple[str, ...], person: Person) -> None:
    for name in ("ACCESS_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"):
        person.set.setenv(f"SOURCES__CLIO__CREDENTIALS__{name}", f"{name}-of-another-firm")
    clio = person.clio
    held = {
        "access_token": clio.token,
        "client_id": clio.client_id,
        "client_secret": clio.client_secret,
        "refresh_token": clio.refresh_token,
    }
    source = clio_source(ClioCredentials(**{name: held[name] for name in names}), api_url=clio.url)
    source.reader.client.read_user()
    assert {request.status for request in clio.control.requests()} == {200}  # no other token was tried
    if "refresh_token" not in names:
        clio.control.expire_access_tokens()
        with pytest.raises(AuthenticationError, match="there is no refresh token"):
            source.reader.client.read_user()
        assert renewals(person) == []


@pytest.mark.parametrize("given", [ClioCredentials(client_id="an-app"), ClioCredentials()])
def test_credentials_without_a_token_borrow_none(given: ClioCredentials, person: Person) -> None:
    """As when a variable that should have held a firm's token is not set."""
    person.set.setenv("SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN", "token-of-another-firm")
    with pytest.raises(ConfigurationError, match="there is no access_token"):
        clio_source(given, api_url=person.clio.url)


def test_a_token_may_be_given_as_it_is(person: Person) -> None:
    person.set.setenv("SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN", "token-of-another-firm")
    token: Any = person.clio.token  # dlt's users may give credentials as a text
    clio_source(token, api_url=person.clio.url).reader.client.read_user()
    assert [request.status for request in person.clio.control.requests()] == [200]


@pytest.mark.parametrize("lost", ["access_token", "expires_at"])
def test_a_secrets_file_that_was_edited_is_good_enough(lost: str, person: Person) -> None:
    assert person.signs_in() == 0
    text = person.secrets_file.read_text()
    line = next(line for line in text.splitlines() if line.startswith(lost))
    person.secrets_file.write_text(text.replace(line, 'expires_at = "soon"' if lost == "expires_at" else ""))
    assert person.runs("status") == 0
    person.clio.control.expire_access_tokens()
    assert person.runs("status") == 0
    assert lost in kept(person)
