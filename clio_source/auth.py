"""Who we are to Clio: the credentials, the region's host, and a fresh token when the old one ends."""

import threading
from typing import ClassVar
from urllib.parse import urlsplit

from dlt.common.configuration.specs import CredentialsConfiguration, configspec
from dlt.common.typing import TSecretStrValue
from requests import PreparedRequest, RequestException
from requests.auth import AuthBase

from .errors import AuthenticationError, ConfigurationError, UnavailableError

# Clio: each region has a host of its own, and no token or registered app of one works in another.
HOSTS: dict[str, str] = {
    "us": "https://app.clio.com",
    "eu": "https://eu.app.clio.com",
    "ca": "https://ca.app.clio.com",
    "au": "https://au.app.clio.com",
}

_LOCAL = {("http", "127.0.0.1"), ("http", "localhost"), ("http", "::1")}
_SIGN_IN_TIMEOUT_SECONDS = 30
# RFC 6749, section 5.2: what a token endpoint may answer.
_OAUTH_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)


@configspec
class ClioCredentials(CredentialsConfiguration):
    """An access token, or what is needed to fetch one: app id, app secret and refresh token.

    In ``.dlt/secrets.toml`` under ``[sources.clio.credentials]``, or in the environment as
    ``SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN`` and so on.
    """

    access_token: TSecretStrValue | None = None
    client_id: str | None = None
    client_secret: TSecretStrValue | None = None
    refresh_token: TSecretStrValue | None = None

    __config_gen_annotations__: ClassVar[list[str]] = ["access_token"]

    @property
    def can_refresh(self) -> bool:
        return bool(self.client_id and self.client_secret and self.refresh_token)

    def __repr__(self) -> str:
        return f"ClioCredentials(access_token={'***' if self.access_token else None})"


def host_of(region: str, api_url: str | None) -> str:
    """Returns scheme and host of Clio, without a slash at the end; `api_url` wins over the region.

    Raises:
        ConfigurationError: the region is not one of Clio's, or the address is not one.
    """
    if api_url:
        parts = urlsplit(api_url)
        if parts.scheme != "https" and (parts.scheme, parts.hostname) not in _LOCAL:
            raise ConfigurationError(
                "Configuration, sources.clio.api_url",
                "it is not an https address.",
                "The token would travel readable for anyone on the way.",
                "Give scheme and host, such as https://eu.app.clio.com.",
            )
        return api_url.rstrip("/").removesuffix("/api/v4")
    if region not in HOSTS:
        raise ConfigurationError(
            "Configuration, sources.clio.region",
            f"`{region}` came; {', '.join(HOSTS)} are allowed.",
            "Each region of Clio has a host of its own.",
            "Take the region that the firm signs in to: app.clio.com is us, eu.app.clio.com is eu.",
        )
    return HOSTS[region]


class TokenAuth(AuthBase):
    """Puts the access token on each request to Clio, and fetches a new one when it is refused.

    Shared by all threads: however many find the token refused, one fetches the next.

    Raises:
        ConfigurationError: there is neither a token nor the means to fetch one.
    """

    def __init__(self, credentials: ClioCredentials, host: str) -> None:
        if not credentials.access_token and not credentials.can_refresh:
            raise ConfigurationError(
                "Configuration, sources.clio.credentials",
                "there is no access_token, nor client_id, client_secret and refresh_token together.",
                "Without one of them Clio lets nobody in.",
                "Set SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN, or fill .dlt/secrets.toml as "
                ".dlt/example.secrets.toml shows; or try it without an account: --sandbox.",
            )
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
            if self._token and self._token != refused:
                return self._token
            if not self._credentials.can_refresh:
                raise signed_out("Clio answered 401 Unauthorized and there is no refresh token.")
            self._token = self._fetch()
            return self._token

    def _fetch(self) -> str:
        # Imported when it is needed: it takes a third of a second, and most runs bring a token.
        from authlib.integrations.requests_client import OAuth2Session, OAuthError

        app = OAuth2Session(
            self._credentials.client_id,
            self._credentials.client_secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106  Clio reads them from the form
        )
        try:
            token = app.refresh_token(
                f"{self._host}/oauth/token",
                refresh_token=self._credentials.refresh_token,
                timeout=_SIGN_IN_TIMEOUT_SECONDS,
                allow_redirects=False,  # the secret in the body must not travel to another host
            )
            access_token: object = token["access_token"]
        except OAuthError as refused:
            if not isinstance(refused.error, str):  # an error of the API, such as 429, not of OAuth
                raise _no_token("an error") from None
            why = refused.error if refused.error in _OAUTH_ERRORS else "for a reason it does not name"
            raise signed_out(f"Clio refused the refresh token: {why}.") from None
        except (RequestException, ValueError, KeyError, TypeError) as failure:
            raise _no_token(type(failure).__name__) from None
        if not access_token or not isinstance(access_token, str):
            raise _no_token("an answer without a token")
        return access_token


def _no_token(came: str) -> UnavailableError:
    return UnavailableError(
        "Fetching a new access token",
        f"Clio did not give one ({came}).",
        "The network is down, or Clio is.",
        "Run again later. What is loaded stays; the next run goes on from there.",
    )


def signed_out(came: str) -> AuthenticationError:
    """Returns the error for a token that Clio does not take."""
    return AuthenticationError(
        "Signing in to Clio",
        came,
        "The token is wrong, has expired, was revoked, or belongs to another region "
        "(Clio then says invalid_client).",
        "Check sources.clio.region and the credentials, or authorise the app anew. What is loaded stays; "
        "the next run goes on from there.",
    )
