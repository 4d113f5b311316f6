"""The command as a person runs it, in a process of its own, with settings and a disk of its own."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

from clio_sandbox import Sandbox

ROOT = Path(__file__).parents[2]
_COMMAND = ROOT / "pipelines" / "clio_to_duckdb.py"


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def run_command(
    folder: Path,
    clio: Sandbox,
    *arguments: str,
    dlt_folder: Path | None = None,
    largest_file: int | None = None,
    settings: Mapping[str, str] | None = None,
) -> Done:
    """Runs the command in a folder that has the project's settings and no secrets.

    Args:
        largest_file: bytes beyond which no file can be written, as when a quota is reached.
    """
    copytree(ROOT / ".dlt", folder / ".dlt", ignore=lambda *_: ["secrets.toml"], dirs_exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DLT_DATA_DIR": str(dlt_folder or folder / "dlt"),
        "SOURCES__CLIO__API_URL": clio.url,
    }
    done = subprocess.run(
        [sys.executable, str(_COMMAND), *arguments],
        cwd=folder,
        env=environment | dict(settings or {"SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN": clio.token}),
        preexec_fn=(lambda: _limit_files(largest_file)) if largest_file else None,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


class SmallDisk:
    """A disk of its own at a folder, that can grow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resize(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.folder)], check=True)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """Mounts a disk of so many bytes.

    Raises:
        PermissionError: we may not mount here.
    """
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    try:
        mounted = os.geteuid() == 0 and not subprocess.run(mount, capture_output=True, check=False).returncode
    except FileNotFoundError:
        mounted = False
    if not mounted:
        raise PermissionError
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
