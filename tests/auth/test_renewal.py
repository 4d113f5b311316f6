"""A token that ends is renewed once, by whichever thread or process is first; the others take the new one."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dlt.common.runtime.run_context import RunContext, switched_run_context

from clio_source.auth import TokenAuth, credentials_of

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
