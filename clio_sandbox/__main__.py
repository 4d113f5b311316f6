"""Starts a sandbox by hand and says how to reach it::

python -m clio_sandbox --firm demo
"""

import argparse
import signal
import sys
import threading

from clio_sandbox.sandbox import TOKEN_LIFETIME_SECONDS, Sandbox


def main() -> int:
    """Runs until Ctrl-C or a termination signal."""
    wanted = _arguments()
    try:
        clio = Sandbox(
            wanted.firm,
            wanted.seed,
            wanted.rate_limit,
            region=wanted.region,
            token_lifetime=wanted.token_lifetime,
            redirect_uris=wanted.redirect_uri,
            port=wanted.port,
        )
    except OSError as error:
        print(
            f"Starting the sandbox on port {wanted.port}: {error.strerror}. Choose another --port.",
            file=sys.stderr,
        )
        return 1
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    with clio:
        print(_environment(clio) if wanted.env else _greeting(clio, wanted.firm), flush=True)
        stopped.wait()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m clio_sandbox", description="A local Clio with an invented firm."
    )
    parser.add_argument(
        "--firm", choices=("small", "demo", "large"), default="demo", help="how large the firm is"
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed, another firm")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--region", choices=("us", "eu", "ca", "au"), default="us")
    parser.add_argument(
        "--rate-limit", type=_limit, default=50, metavar="N|off", help="requests a minute and token"
    )
    parser.add_argument("--token-lifetime", type=int, default=TOKEN_LIFETIME_SECONDS, metavar="SECONDS")
    parser.add_argument(
        "--redirect-uri", action="append", default=[], metavar="URI", help="registers one for the app"
    )
    parser.add_argument(
        "--env", action="store_true", help="print shell lines for the pipeline's configuration only"
    )
    return parser.parse_args()


def _limit(text: str) -> int | None:
    return None if text == "off" else int(text)


def _environment(clio: Sandbox) -> str:
    return "\n".join(
        (
            f"export SOURCES__CLIO__API_URL={clio.url}",
            f"export SOURCES__CLIO__CREDENTIALS__ACCESS_TOKEN={clio.token}",
            f"export SOURCES__CLIO__CREDENTIALS__CLIENT_ID={clio.client_id}",
            f"export SOURCES__CLIO__CREDENTIALS__CLIENT_SECRET={clio.client_secret}",
            f"export SOURCES__CLIO__CREDENTIALS__REFRESH_TOKEN={clio.refresh_token}",
        )
    )


def _greeting(clio: Sandbox, size: str) -> str:
    return f"""\
Clio sandbox, firm "{size}", its clock at {clio.firm.now:%d %B %Y %H:%M}

  address         {clio.url}
  access token    {clio.token}
  client id       {clio.client_id}
  client secret   {clio.client_secret}
  refresh token   {clio.refresh_token}
  control         {clio.url}/_sandbox/requests

Point the pipeline at it:

{_environment(clio)}

Ctrl-C ends it."""


if __name__ == "__main__":
    sys.exit(main())
