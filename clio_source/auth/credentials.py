"""Who we are to Clio: an access token, or what is needed to fetch one."""

import os
import re
from dataclasses import field, fields
from typing import Annotated, Any, ClassVar

import dlt
from dlt.common.configuration.specs import CredentialsConfiguration, configspec
from dlt.common.configuration.specs.base_configuration import NotResolved
from dlt.common.typing import TSecretStrValue

from ..errors import ConfigurationError
from .vault import KeyringVault

_ACCOUNT = re.compile(r"[a-z][a-z0-9_]{0,39}")
ONLY_FIRM = "sources.clio.credentials"
_SECRET = ("access_token", "client_secret", "refresh_token")


@configspec
class ClioCredentials(CredentialsConfiguration):
    """An access token, or what is needed to fetch one: app id, app secret and refresh token.

    In ``.dlt/secrets.toml`` under ``[sources.clio.credentials]``, or in the environment as
    ``SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN`` and so on; `python -m clio_source.auth login` writes them.

    Attributes:
        expires_at: when the access token ends, ISO 8601.
        keyring: the entry of the system keyring that holds what is secret of it.
        section: where in the settings they stand.
        as_given: they were given in Python, and the settings have nothing to say.
    """

    access_token: TSecretStrValue | None = None
    client_id: str | None = None
    client_secret: TSecretStrValue | None = None
    refresh_token: TSecretStrValue | None = None
    expires_at: str | None = None
    keyring: str | None = None
    section: Annotated[str, NotResolved()] = ONLY_FIRM
    as_given: Annotated[bool, NotResolved()] = field(default=False, init=False)

    __config_gen_annotations__: ClassVar[list[str]] = ["access_token"]

    @property
    def can_refresh(self) -> bool:
        return bool(self.client_id and self.client_secret and self.refresh_token)

    def parse_native_representation(self, native_value: Any) -> None:
        """Takes an access token, or credentials as they are.

        Nothing is added to them from the settings, where another firm's token may lie.
        """
        if isinstance(native_value, ClioCredentials):
            self.update(native_value)
        elif isinstance(native_value, str):
            self.access_token = native_value
        else:
            raise ValueError(type(native_value).__name__)
        self.as_given = True
        self.resolve()

    def on_resolved(self) -> None:
        """Takes from the keyring what is not given otherwise."""
        if not self.as_given:
            self._keep_to_the_environment()
        if self.keyring:
            held = KeyringVault(self.keyring).read()
            for name in (*_SECRET, "expires_at"):
                if not getattr(self, name):
                    setattr(self, name, held.get(name))

    def _keep_to_the_environment(self) -> None:
        """Takes no token of a file or keyring beside one of the environment: it may be another firm's."""
        variable = self.section.upper().replace(".", "__")
        access, refresh = (
            os.environ.get(f"{variable}__{name}") for name in ("ACCESS_TOKEN", "REFRESH_TOKEN")
        )
        if (access and access == self.access_token) or (refresh and refresh == self.refresh_token):
            self.access_token, self.refresh_token = access, refresh
            self.expires_at = self.keyring = None

    def __repr__(self) -> str:
        return f"ClioCredentials(access_token={'***' if self.access_token else None})"


def section_of(account: str | None) -> str:
    """Returns the configuration section of an account's settings; of the only firm's without a name.

    Raises:
        ConfigurationError: the name cannot name a section and an environment variable.
    """
    if account is None:
        return "sources.clio"
    if not _ACCOUNT.fullmatch(account) or account == "credentials":
        raise ConfigurationError(
            f"Account {account}",
            "the name is not made of small letters, digits and _.",
            "It names a section of the settings, environment variables and a schema.",
            "Take one such as smith_llp, of 40 characters at most.",
        )
    return f"sources.clio.{account}"


def login_command(section: str, region: str | None = None) -> str:
    """Returns the command that signs in to the firm whose tokens stand in a section of the settings."""
    account = section.removeprefix("sources.clio.").removesuffix(".credentials")
    named = f" --account {account}" if section != ONLY_FIRM else ""
    return f"python -m clio_source.auth login{named}" + (f" --region {region}" if region else "")


def credentials_of(section: str) -> ClioCredentials:
    """Returns what exactly this section holds, such as ``sources.clio.smith_llp.credentials``.

    dlt would look for what is missing in the sections above, where another firm's token may lie.
    """
    names = {field.name for field in fields(ClioCredentials) if not field.name.startswith("_")} - {
        "section",
        "as_given",
    }
    given: dict[str, object] = {name: dlt.secrets.get(f"{section}.{name}") for name in names}
    credentials = ClioCredentials(
        **{name: str(value) for name, value in given.items() if value}, section=section
    )
    credentials.resolve()
    return credentials
