"""`python -m clio_source.auth login|status|refresh|logout`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dlt.common.configuration.providers.toml import TomlProviderReadException

from ..errors import ClioError, ConfigurationError
from .commands import login, logout, refresh, status
from .hosts import HOSTS
from .settings import AccountSettings
from .vault import unreadable

_EPILOG = "Exit code 0: done. 1: Clio refused or did not answer. 2: unusable options or settings."


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command, and tells what went wrong in a sentence."""
    options = _options(arguments)
    try:
        account = AccountSettings(options.account, getattr(options, "region", None))
        match options.command:
            case "login":
                return login(
                    account, port=options.port, browser=not options.no_browser, keyring=options.keyring
                )
            case "status":
                return status(account)
            case "refresh":
                return refresh(account)
            case _:
                return logout(account)
    except ClioError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, ConfigurationError) else 1
    except TomlProviderReadException as error:
        print(unreadable(Path(error.full_paths[0]).with_name(error.file_name), error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. Nothing was stored.", file=sys.stderr)
        return 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m clio_source.auth", description="Signs in to Clio.", epilog=_EPILOG
    )
    commands = parser.add_subparsers(dest="command", required=True)
    texts = {
        "login": "sign in with the browser, and keep the tokens",
        "status": "tell who the token is, until when, and what it may read",
        "refresh": "fetch a new access token now",
        "logout": "take the consent back, and the tokens away",
    }
    for name, text in texts.items():
        command = commands.add_parser(name, help=text, description=f"{text.capitalize()}.")
        command.add_argument("--account", metavar="NAME", help="one of several firms, as in accounts.toml")
        if name == "login":
            _login_options(command)
    return parser.parse_args(arguments)


def _login_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--region", choices=HOSTS, help="where the firm signs in; eu: United Kingdom too")
    command.add_argument(
        "--no-browser", action="store_true", help="paste the code that Clio's page shows, from any machine"
    )
    command.add_argument(
        "--port",
        type=int,
        default=8765,
        help="of http://127.0.0.1:8765/callback, which the app must have among its redirect addresses",
    )
    command.add_argument("--keyring", action="store_true", help="keep the tokens in the system's keyring")


if __name__ == "__main__":
    sys.exit(main())
