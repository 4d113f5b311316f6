"""Where tokens are kept between runs: `.dlt/secrets.toml`, or the system's keyring.

A file is written whole and then put in the old one's place, readable for its owner only; what else stands in
it stays, comments too. Whoever fetches a new token holds a lock, and others read what it wrote.
"""

import json
import os
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import tomlkit
from dlt.common.runtime import run_context
from filelock import FileLock, Timeout
from tomlkit.exceptions import TOMLKitError

from ..errors import ConfigurationError, UnavailableError

Values = Mapping[str, str | None]

_SERVICE = "clio-source"
_PATIENCE_SECONDS = 120.0  # longer than Clio takes for a token in the worst case


class Vault(Protocol):
    """Holds the credentials of one account."""

    def read(self) -> dict[str, str]:
        """Returns what is held now."""

    def write(self, values: Values) -> None:
        """Puts values in place of the present ones; None takes one away."""

    def lock(self) -> FileLock:
        """Returns the lock that whoever renews the token holds."""


class SecretsFile:
    """One section of a `secrets.toml`, such as ``sources.clio.credentials``."""

    def __init__(self, path: Path, section: str) -> None:
        self.path, self.section = path.resolve(), section

    def read(self) -> dict[str, str]:
        found = _table_at(_read_toml(self.path), self.section)
        return {name: str(value) for name, value in found.items() if not isinstance(value, Mapping)}

    def write(self, values: Values) -> None:
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        try:
            document = tomlkit.parse(text)
            table: Any = document  # what is no table is told below
            *above, last = self.section.split(".")
            for name in (*above, last):
                if name not in table:
                    table[name] = tomlkit.table(is_super_table=name != last)
                table = table[name]
            for name, value in values.items():
                if value is not None:
                    table[name] = value
                elif name in table:
                    del table[name]
        except (TOMLKitError, TypeError) as wrong:
            raise unreadable(self.path, wrong) from None
        _replace(self.path, tomlkit.dumps(document))

    def lock(self) -> FileLock:
        return FileLock(f"{self.path}.lock", timeout=_PATIENCE_SECONDS)


class KeyringVault:
    """One entry of the system's keyring."""

    def __init__(self, entry: str) -> None:
        self.entry = entry

    def read(self) -> dict[str, str]:
        with _telling_of_the_keyring():
            import keyring

            kept = keyring.get_password(_SERVICE, self.entry)
        return dict(json.loads(kept)) if kept else {}

    def write(self, values: Values) -> None:
        kept = {name: value for name, value in (self.read() | dict(values)).items() if value is not None}
        with _telling_of_the_keyring():
            import keyring

            keyring.set_password(_SERVICE, self.entry, json.dumps(kept))

    def lock(self) -> FileLock:
        folder = Path(run_context.active().data_dir)
        folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / f"{self.entry}.keyring.lock", timeout=_PATIENCE_SECONDS)


def project_secrets() -> Path:
    """Returns where dlt looks for this project's secrets."""
    return Path(run_context.active().settings_dir) / "secrets.toml"


def find_vault(refresh_token: str) -> Vault | None:
    """Returns the section of a secrets file, the project's or the user's, that holds a refresh token.

    None where it lies elsewhere, as in the environment, or where the file cannot be written.
    """
    context = run_context.active()
    for folder in (context.settings_dir, context.global_dir):
        path = (Path(folder) / "secrets.toml").resolve()
        if path.exists() and os.access(path.parent, os.W_OK):
            section = _section_with(_read_toml(path), refresh_token)
            if section:
                return SecretsFile(path, section)
    return None


@contextmanager
def held(vault: Vault) -> Iterator[None]:
    """Holds the vault's lock.

    Raises:
        UnavailableError: another process has held it for minutes.
    """
    lock = vault.lock()
    try:
        lock.acquire()
    except Timeout:
        raise UnavailableError(
            "Fetching a new access token",
            "another process has been fetching one for two minutes.",
            "It hangs, or Clio does not answer it.",
            "Look for processes that hang, and run again.",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _section_with(table: Mapping[str, object], refresh_token: str, *path: str) -> str | None:
    if table.get("refresh_token") == refresh_token:
        return ".".join(path)
    below = ((name, part) for name, part in table.items() if isinstance(part, Mapping))
    return next((s for name, part in below if (s := _section_with(part, refresh_token, *path, name))), None)


def _table_at(document: Mapping[str, object], section: str) -> Mapping[str, object]:
    for name in section.split("."):
        part = document.get(name)
        document = part if isinstance(part, Mapping) else {}
    return document


def _read_toml(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as wrong:
        raise unreadable(path, wrong) from None


def _replace(path: Path, text: str) -> None:
    """Writes a file in one step: whoever reads sees the old one or the new one, and only its owner can."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as failure:
        with suppress(OSError, UnboundLocalError):
            Path(name).unlink()
        raise ConfigurationError(
            f"Secrets file {path}",
            f"it cannot be written ({failure.strerror}).",
            "The tokens could not be kept.",
            "Make its folder writable, or keep them in the system's keyring: --keyring.",
        ) from None


def unreadable(path: Path, wrong: Exception) -> ConfigurationError:
    """Returns what to raise for a file of settings or secrets that nobody can make sense of."""
    return ConfigurationError(
        f"File {path}",
        f"it cannot be read ({type(wrong).__name__}).",
        "It is not TOML, or a table in it is something else.",
        "Mend it as .dlt/example.secrets.toml shows.",
    )


@contextmanager
def _telling_of_the_keyring() -> Iterator[None]:
    try:
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        raise ConfigurationError(
            "System keyring",
            "the module keyring is not installed.",
            "The tokens are kept there, or are to be.",
            "Run: pip install 'clio-source[keyring]'.",
        ) from None
    try:
        yield
    except KeyringError as failure:
        raise ConfigurationError(
            "System keyring",
            f"it cannot be used ({type(failure).__name__}).",
            "There is none on this machine, or it is locked.",
            "Unlock it, or keep the tokens in .dlt/secrets.toml: without --keyring.",
        ) from None
