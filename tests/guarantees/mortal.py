"""A sandbox whose host can go away, and that knows all its secrets."""

import threading
import time

from clio_sandbox import Fault, Sandbox
from clio_sandbox.server import ServerThread


class Mortal(Sandbox):
    """A Clio whose host goes away and comes back, with all that it knows."""

    def __init__(self) -> None:
        super().__init__("small")
        self._refresh_tokens = [self.refresh_token]

    def consent_anew(self) -> None:
        """Gives new tokens, as when a user authorises the app."""
        self.token, self.refresh_token = self._world.oauth.issue()
        self._refresh_tokens.append(self.refresh_token)

    @property
    def secrets(self) -> list[str]:
        """Everything that it ever gave and that nobody may tell."""
        return [self.client_secret, *self._world.oauth.tokens, *self._refresh_tokens]

    def vanish(self, seconds: float) -> None:
        """Lets nobody in for some seconds, from now on: also those who are connected while it closes."""
        self._closing = self.control.fault(Fault("reset"))
        self._away = threading.Thread(target=self._be_away, args=(seconds,))
        self._away.start()

    def wait_until_back(self) -> None:
        """Returns when it answers again."""
        self._away.join()

    def _be_away(self, seconds: float) -> None:
        port = int(self.url.rpartition(":")[2])
        self._server.stop()
        self._closing.count = self._closing.fired
        time.sleep(seconds)
        self._server = ServerThread("127.0.0.1", port)
        self._server.start(self._application)
