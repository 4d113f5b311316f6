"""A project folder of its own for each test, and a browser without a screen."""

import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dlt.common.runtime.run_context import RunContext, switched_run_context

from clio_sandbox import Sandbox
from clio_source.auth.__main__ import main

BROWSER = Path(__file__).parent / "browser.py"


@dataclass
class Person:
    """Somebody at a terminal, in a project folder, with a firm at Clio."""

    clio: Sandbox
    folder: Path
    port: int
    set: pytest.MonkeyPatch

    @property
    def secrets_file(self) -> Path:
        return self.folder / ".dlt" / "secrets.toml"

    def runs(self, *arguments: str) -> int:
        """Runs `python -m clio_source.auth` in the folder, as it is now; returns the exit code."""
        with switched_run_context(RunContext(str(self.folder))):
            return main(arguments)

    def signs_in(self, *arguments: str, then: str = "", region: str = "us") -> int:
        self.set.setenv("BROWSER", f"{sys.executable} {BROWSER} %s")  # read once in a process
        self.set.setenv("THEN", then)
        return self.runs("login", "--region", region, "--port", str(self.port), *arguments)


@pytest.fixture
def clio() -> Iterator[Sandbox]:
    with Sandbox("small") as clio:
        yield clio


@pytest.fixture
def person(clio: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    clio.control.register_redirect(f"http://127.0.0.1:{port}/callback")
    app = {"CLIENT_ID": clio.client_id, "CLIENT_SECRET": clio.client_secret}
    for name, value in app.items():
        monkeypatch.setenv(f"SOURCES__CLIO__CREDENTIALS__{name}", value)
    monkeypatch.setenv("SOURCES__CLIO__API_URL", clio.url)
    return Person(clio, tmp_path, port, monkeypatch)
