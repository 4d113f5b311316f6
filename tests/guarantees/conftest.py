"""One sandbox for all proofs; each begins with nothing switched and an empty log."""

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
