"""Every command of the documentation runs: those of `make` are targets, the others are run as written."""

import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from clio_sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/accounts.md",
    "docs/behaviour.md",
    "docs/benchmarks.md",
    "docs/guarantees.md",
    "docs/warehouses.md",
    "docs/replicate.md",
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_that_a_page_names_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= TARGETS


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    missing = [link for link in links if link and not ((ROOT / page).parent / link).exists()]
    assert not missing


def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("python ")]
    assert commands
    with Sandbox(size="small") as clio:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "DLT_DATA_DIR": str(tmp_path / "dlt"),
            "SOURCES__CLIO__API_URL": clio.url,
            "SOURCES__CLIO__CREDENTIALS__CLIENT_ID": clio.client_id,
            "SOURCES__CLIO__CREDENTIALS__CLIENT_SECRET": clio.client_secret,
            "BROWSER": f"{sys.executable} {ROOT / 'tests/auth/browser.py'} %s",
            "THEN": "",
        }
        port = free_port()
        clio.control.register_redirect(f"http://127.0.0.1:{port}/callback")
        for command in dict.fromkeys(commands):  # they sign in, and load with the tokens from there
            _, *words = shlex.split(command)
            if words[:2] == ["-m", "clio_source.auth"]:
                words += ["--port", str(port)]
            elif "--select" not in words:
                words += ["--select", "currencies"]  # the whole firm is loaded by other tests
            ran = subprocess.run(
                [sys.executable, *(str(ROOT / word) if word.endswith(".py") else word for word in words)],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert ran.returncode == 0, ran.stderr


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    (code,) = blocks("python")
    with Sandbox(size="small") as clio:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "DLT_DATA_DIR": str(tmp_path / "dlt"),
            "SOURCES__CLIO__API_URL": clio.url,
            "SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN": clio.token,
        }
        ran = subprocess.run(
            [sys.executable, "-c", code + "\nassert {r.outcome for r in receipts} == {'complete'}"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr


def test_every_option_of_the_command_is_in_the_readme() -> None:
    told = subprocess.run(
        [sys.executable, str(ROOT / "pipelines/clio_to_duckdb.py"), "--help"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    options = set(re.findall(r"--[a-z-]+", told)) - {"--help"}
    assert options <= set(re.findall(r"--[a-z-]+", README))
