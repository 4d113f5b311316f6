"""One sandbox for all proofs; each begins with nothing switched and an empty log."""

import logging
from collections.abc import Iterator

import pytest

from clio_sandbox import Sandbox

_FOR_EVER_SECONDS = 10**9  # the proofs let days pass


@pytest.fixture(scope="session")
def _sandbox() -> Iterator[Sandbox]:
    with Sandbox("small", token_lifetime=_FOR_EVER_SECONDS) as clio:
        yield clio


@pytest.fixture
def clio(_sandbox: Sandbox) -> Sandbox:
    """A local Clio; the firm in it may be changed at will: each proof makes its own."""
    _sandbox.control.clear()
    _sandbox.control.forget_requests()
    return _sandbox


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What every logger says from now on, at DEBUG and with its tracebacks."""
    lines: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{self.format(record)} {record.__dict__}")

    listener, before = Listener(), {}
    for name in ("", "dlt", "clio_source", "urllib3", "authlib"):  # dlt's tells nothing to the root
        logger = logging.getLogger(name)
        before[logger] = logger.level
        logger.setLevel(logging.DEBUG)
        logger.addHandler(listener)
    yield lines
    for logger, level in before.items():
        logger.removeHandler(listener)
        logger.setLevel(level)
