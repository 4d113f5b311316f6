"""One sandbox: a firm, a server, the tokens to reach it, and the control over it."""

import threading
from collections.abc import Iterable
from datetime import datetime
from types import TracebackType

from clio_sandbox.api import Api
from clio_sandbox.control import Control, Row
from clio_sandbox.door import Door
from clio_sandbox.firm import Firm, Size
from clio_sandbox.server import Application, ServerThread
from clio_sandbox.world import World

TOKEN_LIFETIME_SECONDS = 2_592_000  # Clio, FAQ: 30 days


class Sandbox:
    """A local Clio that answers on a free port of this machine while the ``with`` block lasts."""

    def __init__(
        self,
        size: Size = "small",
        seed: int = 1,
        rate_limit: int | None = None,
        *,
        rate_window_seconds: int = 60,
        region: str = "us",
        token_lifetime: int = TOKEN_LIFETIME_SECONDS,
        redirect_uris: Iterable[str] = (),
        now: datetime | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._server = ServerThread(host, port)
        self.url = self._server.url
        self._world = World(
            size=size, seed=seed, now=now, region=region, url=self.url, token_lifetime=token_lifetime
        )
        api = Api(self._world)
        self.control = Control(self._world, api)
        self.control.rate_limit(rate_limit, rate_window_seconds)
        self._application = Application(self._world, api, Door(self.control, self._world.catalog))
        app = self._world.oauth.app
        app.redirect_uris.extend(redirect_uris)
        self.region, self.client_id, self.client_secret = region, app.client_id, app.client_secret
        self.token, self.refresh_token = self._world.oauth.issue()

    @property
    def firm(self) -> Firm:
        """The firm; read and change it under ``lock``."""
        return self._world.firm

    @property
    def lock(self) -> threading.RLock:
        """Held by the server while it answers."""
        return self._world.lock

    def truth(self, collection: str, fields: str | None = None, **parameters: str) -> list[Row]:
        """Returns all rows of a collection exactly as its list endpoint would, without paging."""
        return self.control.truth(collection, fields, **parameters)

    def start(self) -> "Sandbox":
        """Begins to answer."""
        self._server.start(self._application)
        return self

    def stop(self) -> None:
        """Ends the server."""
        self._server.stop()

    def __enter__(self) -> "Sandbox":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
