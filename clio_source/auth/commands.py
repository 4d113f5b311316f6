"""What `python -m clio_source.auth` does: login, status, refresh, logout."""

import getpass
import sys
import webbrowser
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from .. import API_VERSION
from ..client import ClioClient
from ..collection import Collection, load_collections
from ..errors import ConfigurationError, ForbiddenError, RequestRefusedError
from ..throttle import Throttle
from .loopback import Loopback, code_of
from .oauth import App, Tokens
from .settings import AccountSettings


def login(account: AccountSettings, *, port: int, browser: bool, keyring: bool) -> int:
    """Lets the user consent in the browser, and keeps the tokens."""
    client_id, client_secret = _app_of(account)
    if browser:
        tokens = _by_redirect(account.host, client_id, client_secret, port)
    else:
        tokens = _by_hand(account.host, client_id, client_secret)
    place = account.keep((client_id, client_secret), tokens, keyring=keyring)
    print(f"Signed in. The tokens are in {place}.")
    return 0


def status(account: AccountSettings) -> int:
    """Tells who the token is, until when, and what it may read: one small request for each area."""
    client = ClioClient(account.host, account.auth(), API_VERSION, Throttle())
    user, firm = client.read_user()
    print(f"user     {user}\nfirm     {firm}\nregion   {account.region}, {account.host}")
    then = "renewed by itself" if account.credentials.can_refresh else "there is no refresh token"
    print(f"expires  {account.kept_until() or 'not known'}; {then}")
    for area, may in _areas(client):
        print(f"{may:<8} {area}")
    return 0


def refresh(account: AccountSettings) -> int:
    """Fetches a new access token now."""
    account.auth().renew(account.credentials.access_token)
    kept = account.kept_until()
    print(f"A new access token is kept; it ends {kept}." if kept else "The refresh token works.")
    return 0


def logout(account: AccountSettings) -> int:
    """Takes the consent back, and the tokens away."""
    known = App(account.host, "", "").deauthorize(account.auth().token)
    account.forget()
    print("Signed out: Clio takes the tokens no more." if known else "Clio knew the token no more.")
    return 0


def _app_of(account: AccountSettings) -> tuple[str, str]:
    """Returns id and secret of the app: as configured for the account, or for all, or as typed in."""
    own = account.credentials
    shared = AccountSettings(None, account.region).credentials if not own.client_id else own
    client_id = own.client_id or shared.client_id or _ask("Client id of the app: ")
    client_secret = own.client_secret or shared.client_secret or _ask("Client secret of the app: ")
    if not client_id or not client_secret:
        raise ConfigurationError(
            "Signing in to Clio",
            "there is no client_id, or no client_secret.",
            "Clio gives tokens to registered apps only.",
            "Register one in the developer portal of the region, and type in its id and secret, or set "
            "SOURCES__CLIO__CREDENTIALS__CLIENT_ID and ..._CLIENT_SECRET.",
        )
    return client_id, client_secret


def _by_redirect(host: str, client_id: str, client_secret: str, port: int) -> Tokens:
    with Loopback(port) as page:
        app = App(host, client_id, client_secret, page.uri)
        address, state = app.authorize_url()
        print(f"Allow the app in the browser. If none opens, go to:\n\n{address}\n", flush=True)
        webbrowser.open(address)
        return app.tokens_for_code(code_of(page.wait(), state))


def _by_hand(host: str, client_id: str, client_secret: str) -> Tokens:
    """For machines without a browser: Clio's own page shows the code."""
    app = App(host, client_id, client_secret, f"{host}/oauth/approval")
    address, state = app.authorize_url()
    print(f"Allow the app in a browser, on any machine:\n\n{address}\n", flush=True)
    pasted = _ask("The code that the page shows, or the page's address: ")
    if "://" not in pasted:
        return app.tokens_for_code(code_of({"code": pasted}, None))
    return app.tokens_for_code(code_of(dict(parse_qsl(urlsplit(pasted).query)), state))


def _areas(client: ClioClient) -> Iterator[tuple[str, str]]:
    first: dict[str, Collection] = {}
    for collection in load_collections().values():
        if collection.read_per is None:
            first.setdefault(collection.area, collection)
    for area, collection in sorted(first.items()):
        asked = {"fields": "id", "limit": "1"} | dict(collection.parameters) | dict(collection.parts[0])
        try:
            client.read_records(client.list_address(collection.path, asked), f"{area}, one record")
        except ForbiddenError:
            yield area, "no"
        except RequestRefusedError:
            yield area, "unknown"
        else:
            yield area, "reads"


def _ask(what: str) -> str:
    """Returns what is typed in, without showing it; a secret must not stay on the screen."""
    if sys.stdin.isatty():
        return getpass.getpass(what).strip()
    print(what, end="", flush=True)
    return sys.stdin.readline().strip()
