"""One Postgres for all tests that need it."""

from collections.abc import Iterator

import pytest

from .postgres import find_binaries, running_postgres


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The address of a Postgres of our own."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no Postgres server is installed here")
    with running_postgres(binaries) as address:
        yield address
