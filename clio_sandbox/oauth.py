"""Sign-in: codes, access tokens, the refresh token that stays, and their revocation.

Clio, authorization page and FAQ: authorization code only, form-encoded, no scopes, access tokens for 30
days, refresh tokens reusable and not repeated in the answer. Errors have OAuth's shape, not the API's.
"""

import html
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from clio_sandbox.errors import unauthorized
from clio_sandbox.permissions import all_permissions
from clio_sandbox.wire import HTML_TYPE, Reply

CODE_LIFETIME_SECONDS = 600  # Clio: a code is valid for 10 minutes


@dataclass(slots=True)
class Grant:
    """One user's consent: what the app may read with it, and its refresh token."""

    refresh_token: str
    permissions: set[str]
    revoked: bool = False


@dataclass(slots=True)
class Token:
    """One access token, known in the log by its label only."""

    label: str
    grant: Grant
    expires_at: float


@dataclass(slots=True)
class _Code:
    redirect_uri: str
    expires_at: float


@dataclass(slots=True)
class App:
    """The app registered in the developer portal of one region."""

    client_id: str
    client_secret: str
    redirect_uris: list[str]
    permissions: set[str] = field(default_factory=lambda: set(all_permissions()))
    user_declines: bool = False


class OAuth:
    """The three endpoints under ``/oauth`` and the tokens they give."""

    def __init__(
        self, region: str, approval_uri: str, elapsed: Callable[[], float], token_lifetime: int
    ) -> None:
        self.app = App(f"{region}-{secrets.token_hex(8)}", secrets.token_urlsafe(24), [approval_uri])
        self.token_lifetime = token_lifetime
        self.tokens: dict[str, Token] = {}
        self._region = region
        self._elapsed = elapsed
        self._codes: dict[str, _Code] = {}
        self._grants: dict[str, Grant] = {}

    def issue(self) -> tuple[str, str]:
        """Returns a new access token and refresh token, as if a user had just consented."""
        refresh_token = self._name("refresh")
        grant = Grant(refresh_token, set(self.app.permissions))
        self._grants[refresh_token] = grant
        return self._access_token(grant), refresh_token

    def bearer(self, authorization: str | None) -> tuple[str, Token]:
        """Returns the token of an ``Authorization`` header; refuses any that gives no access."""
        kind, _, text = (authorization or "").partition(" ")
        token = self.tokens.get(text)
        if kind.lower() != "bearer" or token is None:
            raise unauthorized()
        if token.grant.revoked or token.expires_at <= self._elapsed():
            raise unauthorized()
        return text, token

    def label(self, authorization: str | None) -> str | None:
        """Returns what the log calls the token of a header; None if there is no header."""
        if not authorization:
            return None
        token = self.tokens.get(authorization.partition(" ")[2])
        return token.label if token else "unknown"

    def expire_access_tokens(self) -> None:
        """Makes every access token given so far expire now; refresh tokens stay."""
        for token in self.tokens.values():
            token.expires_at = 0

    def revoke_grants(self) -> None:
        """Revokes all: access tokens and refresh tokens, as when a user removes the app."""
        for grant in self._grants.values():
            grant.revoked = True

    def authorize(self, asked: Mapping[str, str]) -> Reply:
        """Returns the redirect with a code: the sandbox's user says yes at once, unless told to decline."""
        if asked.get("client_id") != self.app.client_id:
            return _oauth_error(401, "invalid_client", "Client authentication failed due to unknown client.")
        redirect_uri = asked.get("redirect_uri", "")
        if redirect_uri not in self.app.redirect_uris:
            return _oauth_error(400, "invalid_redirect_uri", "The redirect URI is not one of the app's.")
        if asked.get("response_type") != "code":
            return _oauth_error(400, "unsupported_response_type", "The response type is not supported.")
        state = {"state": asked["state"]} if "state" in asked else {}
        if self.app.user_declines:
            if asked.get("redirect_on_decline") == "true":
                return _redirect(redirect_uri, {"error": "access_denied"} | state)
            return _page("Declined", "The app was not given access.")
        code = self._name("code")
        self._codes[code] = _Code(redirect_uri, self._elapsed() + CODE_LIFETIME_SECONDS)
        return _redirect(redirect_uri, {"code": code} | state)

    def approval(self, asked: Mapping[str, str]) -> Reply:
        """Returns the page from which a desktop user copies the code by hand."""
        return _page(asked.get("code", "No code"), asked.get("code", asked.get("error", "")))

    def token(self, form: Mapping[str, str]) -> Reply:
        """Returns tokens for a code, or a new access token for a refresh token."""
        secret = form.get("client_secret", "")
        if form.get("client_id") != self.app.client_id or not secrets.compare_digest(
            secret.encode(), self.app.client_secret.encode()
        ):
            return _oauth_error(401, "invalid_client", "Client authentication failed due to unknown client.")
        match form.get("grant_type"):
            case "authorization_code":
                return self._for_code(form)
            case "refresh_token":
                return self._for_refresh_token(form)
        return _oauth_error(400, "unsupported_grant_type", "The grant type is not supported.")

    def deauthorize(self, authorization: str | None, form: Mapping[str, str]) -> Reply:
        """Revokes the token of the form field, and with it the refresh token."""
        self.bearer(authorization)
        token = self.tokens.get(form.get("token", ""))
        if token is None:
            return _oauth_error(400, "invalid_request", "The token is missing or unknown.")
        token.grant.revoked = True
        return Reply(payload={})

    def _for_code(self, form: Mapping[str, str]) -> Reply:
        code = self._codes.pop(form.get("code", ""), None)  # single use, a failed one too
        if (
            code is None
            or code.expires_at <= self._elapsed()
            or code.redirect_uri != form.get("redirect_uri")
        ):
            return _invalid_grant()
        access_token, refresh_token = self.issue()
        return self._tokens(access_token, {"refresh_token": refresh_token})

    def _for_refresh_token(self, form: Mapping[str, str]) -> Reply:
        grant = self._grants.get(form.get("refresh_token", ""))
        if grant is None or grant.revoked:
            return _invalid_grant()
        return self._tokens(self._access_token(grant), {})  # no new refresh token: the old one stays

    def _tokens(self, access_token: str, more: dict[str, str]) -> Reply:
        answer: dict[str, object] = {
            "token_type": "bearer",
            "access_token": access_token,
            "expires_in": self.token_lifetime,
        }
        return Reply(payload=answer | more, headers={"Cache-Control": "no-store"})

    def _access_token(self, grant: Grant) -> str:
        text = self._name("access")
        self.tokens[text] = Token(
            f"token-{len(self.tokens) + 1}", grant, self._elapsed() + self.token_lifetime
        )
        return text

    def _name(self, kind: str) -> str:
        return f"{self._region}-{kind}-{secrets.token_urlsafe(24)}"


def _invalid_grant() -> Reply:
    return _oauth_error(
        400, "invalid_grant", "The provided authorization grant is invalid, expired or revoked."
    )


def _oauth_error(status: int, error: str, description: str) -> Reply:
    return Reply(status, {"error": error, "error_description": description})


def _redirect(uri: str, answer: dict[str, str]) -> Reply:
    joint = "&" if "?" in uri else "?"
    return Reply(302, headers={"Location": f"{uri}{joint}{urlencode(answer)}"}, content_type=HTML_TYPE)


def _page(title: str, text: str) -> Reply:
    title, text = html.escape(title), html.escape(text)
    body = f"<!doctype html><title>{title}</title><p><code>{text}</code></p>"
    return Reply(body=body.encode(), content_type=HTML_TYPE)
