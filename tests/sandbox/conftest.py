"""One sandbox for all tests of this folder, and a client of it; each test leaves it as it found it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from clio_sandbox import Sandbox
from clio_sandbox.firm import Firm

from .firms import LIVED, lived

Row = dict[str, Any]  # what JSON brings


class Client:
    """Asks a sandbox over HTTP with its token."""

    def __init__(self, clio: Sandbox) -> None:
        self.clio = clio
        self.session = requests.Session()
        self.session.headers.update({"Authorization": f"Bearer {clio.token}", "User-Agent": "tests/1.0"})

    def get(self, path: str, headers: Any = None, **parameters: str) -> requests.Response:
        url = path if path.startswith("http") else f"{self.clio.url}/api/v4/{path}"
        return self.session.get(url, params=parameters, headers=headers, timeout=10, allow_redirects=False)

    def post(self, path: str, form: dict[str, str], **more: str) -> requests.Response:
        return self.session.post(f"{self.clio.url}{path}", data=form, headers=more, timeout=10)

    def pages(self, path: str, **parameters: str) -> Iterator[list[Row]]:
        """Yields the rows of each page, following the links as they are."""
        reply = self.get(path, **parameters)
        while True:
            assert reply.status_code == 200, reply.text
            yield reply.json()["data"]
            next_url = reply.json()["meta"]["paging"].get("next")
            if next_url is None:
                return
            reply = self.get(next_url)

    def rows(self, path: str, **parameters: str) -> list[Row]:
        return [row for page in self.pages(path, **parameters) for row in page]


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with Sandbox("small") as clio:
        yield clio


@pytest.fixture
def clio(running: Sandbox) -> Iterator[Sandbox]:
    running.control.forget_requests()
    yield running
    running.control.clear()
    running.control.rate_limit(None, 60)


@pytest.fixture
def changing(clio: Sandbox) -> Iterator[Sandbox]:
    """For tests that change records: the firm is afterwards what it was."""
    yield clio
    clio.control.reset()


@pytest.fixture
def client(clio: Sandbox) -> Iterator[Client]:
    client = Client(clio)
    yield client
    client.session.close()


def error(reply: requests.Response) -> tuple[int, str, str]:
    """Returns status, type and message of a refusal in the API's shape."""
    found = reply.json()
    assert set(found) == {"error"}
    assert set(found["error"]) == {"type", "message"}
    return reply.status_code, found["error"]["type"], found["error"]["message"]


@pytest.fixture(params=LIVED, ids=lambda case: "-".join(map(str, case)).replace(" ", ""))
def firm(request: pytest.FixtureRequest) -> Firm:
    return lived(*request.param)


@pytest.fixture
def small() -> Firm:
    return lived("small", 1, ())
