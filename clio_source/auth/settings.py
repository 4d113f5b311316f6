"""One firm's settings and tokens: where they are read, kept, and taken away."""

import dlt

from ..errors import ConfigurationError
from .credentials import ClioCredentials, credentials_of, login_command, section_of
from .hosts import host_of
from .oauth import Tokens
from .renewal import TokenAuth
from .vault import KeyringVault, SecretsFile, project_secrets


class AccountSettings:
    """The settings of one firm, in the section of its name.

    Args:
        name: as in `accounts.toml`; None for the only firm.
        region: where the firm signs in; by default what its settings say.
    """

    def __init__(self, name: str | None, region: str | None = None) -> None:
        self._name, self._section = name, section_of(name)
        region = region or dlt.config.get(f"{self._section}.region", str)
        api_url = dlt.config.get(f"{self._section}.api_url", str)
        api_url = api_url or dlt.config.get("sources.clio.api_url", str)
        if not region and not api_url:
            raise ConfigurationError(
                f"Configuration, {self._section}.region",
                "there is none.",
                "Each region of Clio has a host of its own, and no token works in another.",
                f"Sign in: {login_command(self._credentials_section, 'us')}; or eu, ca, au.",
            )
        self.region = region or "us"
        self.host = host_of(self.region, api_url)

    @property
    def credentials(self) -> ClioCredentials:
        """What exactly its section holds."""
        return credentials_of(self._credentials_section)

    def auth(self) -> TokenAuth:
        """Returns what signs its requests.

        Raises:
            ConfigurationError: nobody has signed in.
        """
        return TokenAuth(self.credentials, self.host)

    def keep(self, app: tuple[str, str], tokens: Tokens, *, keyring: bool) -> str:
        """Puts app and tokens where the next run finds them; returns where that is."""
        file = SecretsFile(project_secrets(), self._credentials_section)
        client_id, client_secret = app
        secret = tokens.as_values() | {"client_secret": client_secret}
        if keyring:
            vault = KeyringVault(self._credentials_section)
            vault.write(secret)
            file.write(dict.fromkeys(secret) | {"client_id": client_id, "keyring": vault.entry})
        else:
            file.write(secret | {"client_id": client_id, "keyring": None})
        SecretsFile(project_secrets(), self._section).write({"region": self.region})
        return f"the system's keyring, and {file.path}" if keyring else str(file.path)

    def kept_until(self) -> str | None:
        """Returns when the token ends that is kept for the next run; None where none is kept."""
        kept = SecretsFile(project_secrets(), self._credentials_section).read()
        if kept.get("keyring"):
            kept = KeyringVault(kept["keyring"]).read()
        return kept.get("expires_at")

    def forget(self) -> None:
        """Takes the tokens away; the app's id and secret stay for the next sign-in."""
        gone = dict.fromkeys(("access_token", "refresh_token", "expires_at"))
        file = SecretsFile(project_secrets(), self._credentials_section)
        kept = file.read()
        if kept.get("keyring"):
            KeyringVault(kept["keyring"]).write(gone)
        elif kept:
            file.write(gone)

    @property
    def _credentials_section(self) -> str:
        return f"{self._section}.credentials"
