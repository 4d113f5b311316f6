"""Whom the client talks to: a server that a test scripts, another host, and the sandbox."""

import logging
from collections.abc import Iterator

import pytest

from clio_sandbox import Sandbox

from .answers import PRIVILEGED, QUERY, REFRESH_TOKEN, SECRET, TOKEN, Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Server]:
    """Another host, which must never hear of a secret."""
    with Server() as server:
        yield server
        assert not any(
            secret in text for text in server.received for secret in (TOKEN, SECRET, REFRESH_TOKEN)
        )


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox("small") as sandbox:
        yield sandbox


@pytest.fixture
def clio(running: Sandbox) -> Iterator[Sandbox]:
    running.control.forget_requests()
    yield running
    running.control.clear()


@pytest.fixture
def discreet_logs(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Iterator[None]:
    """No logger, however talkative, tells a secret or a body; ours tell no query either."""
    caplog.set_level(logging.DEBUG)
    yield
    secrets = [TOKEN, SECRET, REFRESH_TOKEN, PRIVILEGED]
    if "clio" in request.fixturenames:
        clio = request.getfixturevalue("running")
        secrets += [clio.token, clio.client_secret, clio.refresh_token]
    for record in [*caplog.get_records("setup"), *caplog.get_records("call")]:
        text = record.getMessage() + (str(record.exc_info) if record.exc_info else "")
        assert not any(secret in text for secret in secrets), record.name
        assert not (record.name.startswith("clio_source") and QUERY in text), record.name
