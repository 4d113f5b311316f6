"""What a person does with a browser: open the address, consent, be sent back. `THEN` says what goes wrong."""

import os
import sys
from http.client import HTTPMessage
from typing import IO
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

ADDRESS, THEN = sys.argv[1], os.environ["THEN"]


class Follow(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if THEN == "late":
            clock = f"{ADDRESS.split('/oauth')[0]}/_sandbox/clock"
            urlopen(Request(clock, b'{"seconds": 601}')).read()  # noqa: S310  the sandbox's
        if THEN == "wrong_state":
            newurl = newurl.replace("state=", "state=x")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


try:
    build_opener(Follow).open(Request(ADDRESS, headers={"User-Agent": "tests/1.0"})).read()  # noqa: S310  likewise
except HTTPError:
    sys.exit(1)
