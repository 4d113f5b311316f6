"""Clio's sign-in endpoints: a code for tokens, a refresh token for a new access token, and the way out.

Clio, authorization page: authorization code only, the app's id and secret in the form, no scopes, and no
new refresh token when one is used: the old one stays.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import requests
from requests import RequestException

from ..errors import AuthenticationError, ClioError, UnavailableError
from .credentials import login_command
from .hosts import USER_AGENT, region_of

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

_TIMEOUT_SECONDS = 30
# RFC 6749, sections 4.1.2.1 and 5.2: what the endpoints may answer. Any other text is not told on.
_OAUTH_ERRORS = frozenset(
    {
        "access_denied",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
    }
)


@dataclass(frozen=True, repr=False)
class Tokens:
    """What Clio gives: an access token, when it ends, and a refresh token unless the old one stays."""

    access_token: str
    refresh_token: str | None
    expires_at: datetime | None

    def as_values(self) -> dict[str, str | None]:
        """Returns what to keep of it; what Clio did not send is left as it is kept."""
        ends = self.expires_at.isoformat(timespec="seconds") if self.expires_at else None
        values: dict[str, str | None] = {"access_token": self.access_token, "expires_at": ends}
        return values | ({"refresh_token": self.refresh_token} if self.refresh_token else {})


class App:
    """The app that the firm has registered with one of Clio's regions."""

    def __init__(
        self, host: str, client_id: str, client_secret: str, redirect_uri: str | None = None
    ) -> None:
        self.host = host
        self._client_id, self._client_secret, self._redirect_uri = client_id, client_secret, redirect_uri

    def authorize_url(self) -> tuple[str, str]:
        """Returns the address where the user consents, and the state that the answer must bring back."""
        with self._session() as session:
            url, state = session.create_authorization_url(
                f"{self.host}/oauth/authorize", redirect_on_decline="true"
            )
        return str(url), str(state)

    def tokens_for_code(self, code: str) -> Tokens:
        """Returns tokens for the code of a consent.

        Raises:
            AuthenticationError: Clio refuses the app or the code.
            UnavailableError: Clio did not answer; worth another try.
        """
        refused = partial(_code_refused, host=self.host)
        with self._session() as session, _telling("Signing in to Clio", refused):
            return _tokens(
                session.fetch_token(
                    f"{self.host}/oauth/token",
                    code=code,
                    timeout=_TIMEOUT_SECONDS,
                    allow_redirects=False,  # the secret in the body must not travel to another host
                )
            )

    def refresh(self, refresh_token: str, section: str) -> Tokens:
        """Returns a new access token for that of a section of the settings; raises as `tokens_for_code`."""
        refused = partial(_refresh_refused, section=section, host=self.host)
        with self._session() as session, _telling("Fetching a new access token", refused):
            return _tokens(
                session.refresh_token(
                    f"{self.host}/oauth/token",
                    refresh_token=refresh_token,
                    timeout=_TIMEOUT_SECONDS,
                    allow_redirects=False,
                )
            )

    def deauthorize(self, access_token: str) -> bool:
        """Takes the user's consent back, and with it all tokens; False when Clio knows the token no more.

        Raises:
            UnavailableError: Clio did not answer; worth another try.
        """
        reply = None
        with suppress(RequestException):
            reply = requests.post(
                f"{self.host}/oauth/deauthorize",
                {"token": access_token},
                headers={"Authorization": f"Bearer {access_token}", "User-Agent": USER_AGENT},
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        if reply is None or reply.status_code not in (200, 204, 401):
            raise UnavailableError(
                "Signing out of Clio",
                f"Clio answered {reply.status_code}." if reply else "no answer came.",
                "The network is down, or Clio is; the tokens are good still.",
                "Run again later, or remove the app in Clio's settings.",
            )
        return reply.status_code != 401

    def _session(self) -> "OAuth2Session":
        # Imported when it is needed: it takes a third of a second, and most runs bring a token.
        from authlib.integrations.requests_client import OAuth2Session

        session = OAuth2Session(
            self._client_id,
            self._client_secret,
            redirect_uri=self._redirect_uri,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106  Clio reads them from the form
        )
        session.headers["User-Agent"] = USER_AGENT
        return session


def signed_out(came: str, section: str, host: str) -> AuthenticationError:
    """Returns the error for a token of a section of the settings that Clio does not take."""
    return AuthenticationError(
        "Signing in to Clio",
        came,
        "The token is wrong, has expired, was revoked, or belongs to another region "
        "(Clio then says invalid_client).",
        f"Check the region, and the credentials under {section}, or authorise the app anew: "
        f"{login_command(section, region_of(host))}. What is loaded stays; the next run goes on from there.",
    )


def app_refused(host: str) -> AuthenticationError:
    """Returns the error for `invalid_client`, which Clio also says to an app of another region."""
    return AuthenticationError(
        "Signing in to Clio",
        f"{host} answered invalid_client.",
        "The app's id or secret is wrong, or the app is registered in another region: Clio says the same "
        "to both.",
        "Give --region as the firm signs in (eu.app.clio.com is eu), and the app of that region's developer "
        "portal. Nothing was stored.",
    )


def _code_refused(why: str, host: str) -> ClioError:
    if why == "invalid_client":
        return app_refused(host)
    return AuthenticationError(
        "Signing in to Clio",
        f"Clio refused the code: {why}.",
        "A code is good for ten minutes and for one use, and for the redirect address it was asked with.",
        "Sign in again. Nothing was stored.",
    )


def _refresh_refused(why: str, section: str, host: str) -> ClioError:
    return signed_out(f"Clio refused the refresh token: {why}.", section, host)


@contextmanager
def _telling(doing: str, refused: Callable[[str], ClioError]) -> Iterator[None]:
    """Turns what authlib and requests raise into our errors: theirs may hold a body."""
    from authlib.integrations.requests_client import OAuthError

    try:
        yield
    except OAuthError as error:
        if not isinstance(error.error, str):  # an error of the API, such as 429, not of OAuth
            raise _no_token(doing, "an error") from None
        raise refused(named(error.error)) from None
    except (RequestException, ValueError, KeyError, TypeError) as failure:
        raise _no_token(doing, type(failure).__name__) from None


def named(error: str) -> str:
    """Returns an error of OAuth as Clio names it; no other text is told on."""
    return error if error in _OAUTH_ERRORS else "for a reason it does not name"


def _tokens(answer: Mapping[str, object]) -> Tokens:
    access_token, refresh_token = answer["access_token"], answer.get("refresh_token")
    if not access_token or not isinstance(access_token, str):
        raise ValueError("an answer without a token")
    seconds = answer.get("expires_in")
    ends = datetime.now(UTC) + timedelta(seconds=int(str(seconds))) if seconds else None
    return Tokens(access_token, refresh_token if isinstance(refresh_token, str) else None, ends)


def _no_token(doing: str, came: str) -> UnavailableError:
    return UnavailableError(
        doing,
        f"Clio did not give one ({came}).",
        "The network is down, or Clio is.",
        "Run again later. What is loaded stays; the next run goes on from there.",
    )
