"""Firms at Clio, their `accounts.toml` and secrets, and the command that loads them all."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from typing import Any

import tomlkit

from clio_sandbox import Sandbox
from clio_sandbox.firm import Size

ROOT = Path(__file__).parents[2]
# What the ledgers are made of, and Clio's own totals: with less they would not add up.
LEDGERS = (
    "activities", "activities_written_off", "allocations", "bank_accounts", "bank_transactions",
    "billable_matters", "bills", "contacts", "currencies", "line_items", "matters",
    "outstanding_client_balances", "practice_areas", "users",
)  # fmt: skip
COMMAND = ROOT / "pipelines" / "replicate_accounts.py"


@dataclass(frozen=True)
class Done:
    """How the command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass
class Firms:
    """Several firms, each with a Clio of its own: the same ids, other records."""

    folder: Path
    clios: dict[str, Sandbox]
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, clio in self.clios.items():
            self.settings[name] = {"region": clio.region, "api_url": clio.url}
            self.secrets[name] = {
                "access_token": clio.token,
                "client_id": clio.client_id,
                "client_secret": clio.client_secret,
                "refresh_token": clio.refresh_token,
            }

    @property
    def file(self) -> Path:
        return self.folder / "accounts.toml"

    def all_secrets(self) -> list[str]:
        return [secret for held in self.secrets.values() for n, secret in held.items() if n != "client_id"]

    def write(self) -> None:
        """Writes `accounts.toml` and `.dlt/` as they are to be now."""
        copytree(ROOT / ".dlt", self.folder / ".dlt", ignore=lambda *_: ["secrets.toml"], dirs_exist_ok=True)
        self.file.write_text(tomlkit.dumps({"defaults": self.defaults, "accounts": self.settings}))
        sections = {name: {"credentials": held} for name, held in self.secrets.items()}
        secrets = tomlkit.dumps({"sources": {"clio": sections}})
        (self.folder / ".dlt" / "secrets.toml").write_text(secrets)

    def replicate(self, *options: str, settings: Mapping[str, str] | None = None) -> Done:
        """Runs the command as a person does."""
        done = subprocess.run(
            self.command(*options),
            cwd=self.folder,
            env=self.environment | dict(settings or {}),
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def command(self, *options: str) -> Sequence[str]:
        return [sys.executable, "-W", "error::ResourceWarning", str(COMMAND), str(self.file), *options]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DLT_DATA_DIR": str(self.folder / "dlt"),
        }


@contextmanager
def firms_of(
    folder: Path, names: Sequence[str], regions: Sequence[str] = ("us",), size: Size = "small", **options: Any
) -> Iterator[Firms]:
    """Yields firms of other seeds, in these regions in turn."""
    with ExitStack() as stack:
        clios = {
            name: stack.enter_context(
                Sandbox(size, seed=1 + number, region=regions[number % len(regions)], **options)
            )
            for number, name in enumerate(names)
        }
        yield Firms(folder, clios)
