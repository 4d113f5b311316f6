"""A command as a person runs it: a process of its own, in a folder without secrets."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

from clio_sandbox import Sandbox

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def run_command(script: str, folder: Path, clio: Sandbox, *arguments: str, **settings: str | None) -> Done:
    """Runs a command of `pipelines/` with the project's settings, as it were on a machine of its own."""
    copytree(ROOT / ".dlt", folder / ".dlt", ignore=lambda *_: ["secrets.toml"], dirs_exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DLT_DATA_DIR": str(folder / "dlt"),
        "SOURCES__CLIO__API_URL": clio.url,
        "SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN": clio.token,
    } | settings
    done = subprocess.run(
        [sys.executable, str(ROOT / "pipelines" / script), *arguments],
        cwd=folder,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
