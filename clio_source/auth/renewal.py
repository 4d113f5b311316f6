"""The token on each request, and the next one when it is refused."""

import logging
import threading
from datetime import UTC, datetime

from requests import PreparedRequest
from requests.auth import AuthBase

from ..errors import AuthenticationError, ConfigurationError
from .credentials import ONLY_FIRM, ClioCredentials, login_command
from .hosts import region_of
from .oauth import App, Tokens, signed_out
from .vault import KeyringVault, Vault, find_vault, held, project_secrets

logger = logging.getLogger(__name__)


class TokenAuth(AuthBase):
    """Puts the access token on each request to Clio, and fetches a new one when it is refused.

    Shared by all threads: however many find the token refused, one fetches the next. Processes share it
    through the vault that the credentials came from, where there is one.

    Raises:
        ConfigurationError: there is neither a token nor the means to fetch one.
    """

    def __init__(self, credentials: ClioCredentials, host: str) -> None:
        if not credentials.access_token and not credentials.can_refresh:
            raise _signed_in_nowhere(credentials.section, region_of(host))
        self._credentials = credentials
        self._host = host
        self._lock = threading.Lock()
        self._token = credentials.access_token

    @property
    def token(self) -> str:
        """The access token to use now."""
        return self._token or self.renew(None)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def renew(self, refused: str | None) -> str:
        """Returns a token other than the refused one.

        Raises:
            AuthenticationError: there is nothing to fetch one with, or Clio refuses that too.
            UnavailableError: Clio did not answer; worth another try.
        """
        with self._lock:
            if not self._token or self._token == refused:
                self._token = self._next(refused)
            return self._token

    def signed_out(self, came: str) -> AuthenticationError:
        """Returns the error for its token when Clio does not take it."""
        return signed_out(came, self._credentials.section, self._host)

    def _next(self, refused: str | None) -> str:
        app, refresh_token = self._app()
        vault = self._vault(refresh_token)
        if vault is None:
            return app.refresh(refresh_token, self._credentials.section).access_token
        with held(vault):
            kept = vault.read()
            token = kept.get("access_token")
            if token and token != refused and _is_good(kept.get("expires_at")):
                return token  # another process has fetched it
            tokens = app.refresh(kept.get("refresh_token") or refresh_token, self._credentials.section)
            _keep(vault, tokens)
        return tokens.access_token

    def _app(self) -> tuple[App, str]:
        given = self._credentials
        if not (given.client_id and given.client_secret and given.refresh_token):
            raise self.signed_out("Clio answered 401 Unauthorized and there is no refresh token.")
        return App(self._host, given.client_id, given.client_secret), given.refresh_token

    def _vault(self, refresh_token: str) -> Vault | None:
        keyring = self._credentials.keyring
        return KeyringVault(keyring) if keyring else find_vault(refresh_token)


def _signed_in_nowhere(section: str, region: str | None) -> ConfigurationError:
    variable = f"{section.upper().replace('.', '__')}__ACCESS_TOKEN"
    without = " Or try it without an account: --sandbox." if section == ONLY_FIRM else ""
    return ConfigurationError(
        f"Configuration, {section}",
        "there is no access_token, nor client_id, client_secret and refresh_token together, in "
        f"{project_secrets()} or the environment.",
        "Without one of them Clio lets nobody in.",
        f"Sign in: {login_command(section, region)}. Or set {variable}, or go to the folder whose .dlt has "
        f"them.{without}",
    )


def _is_good(expires_at: str | None) -> bool:
    try:
        return not expires_at or datetime.fromisoformat(expires_at).astimezone(UTC) > datetime.now(UTC)
    except ValueError:  # written by hand
        return True


def _keep(vault: Vault, tokens: Tokens) -> None:
    """Lets other processes know the token; the run goes on without, each with one of its own."""
    try:
        vault.write(tokens.as_values())
    except ConfigurationError as failure:
        logger.warning("%s", failure)
