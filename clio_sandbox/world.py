"""All that one sandbox knows and remembers: the firm, its clock, tokens, limits, faults, the log."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from clio_sandbox.catalog import Catalog
from clio_sandbox.clock import Clock
from clio_sandbox.faults import Faults
from clio_sandbox.filters import Unsettled
from clio_sandbox.firm import Firm, Id, Record, Size
from clio_sandbox.limits import RateLimit
from clio_sandbox.oauth import OAuth
from clio_sandbox.paging import IdIndex, PageTokens
from clio_sandbox.permissions import all_permissions
from clio_sandbox.redaction import Redaction


class LivingFirm(Firm):
    """A firm whose clock runs, and that counts its changes."""

    version = 0

    @property
    def now(self) -> datetime:
        """The firm's clock."""
        return self._archive.until

    @now.setter
    def now(self, moment: datetime) -> None:
        self._archive.until = moment

    def advance(self, days: int) -> dict[str, dict[str, int]]:
        self.version += 1
        return super().advance(days)

    def edit(self, collection: str, record_id: Id, changes: Record) -> Record:
        self.version += 1
        return super().edit(collection, record_id, changes)

    def delete(self, collection: str, record_id: Id) -> None:
        self.version += 1
        super().delete(collection, record_id)

    def insert(self, collection: str, record: Record) -> Id:
        self.version += 1
        return super().insert(collection, record)


@dataclass(slots=True)
class Exchange:
    """One request and its answer, as the log keeps it: no token, no body."""

    number: int
    """Counts all requests from 1."""
    nth: int
    """Counts the requests of this collection from 1."""
    method: str
    path: str
    collection: str
    """The endpoint as the catalog writes it, e.g. ``contacts/{contact_id}/email_addresses``."""
    parameters: dict[str, str | list[str]]
    headers: dict[str, str]
    """User agent, accepted encodings, API version and conditions; never the authorization."""
    token: str | None
    at: float
    """Seconds since the sandbox started."""
    status: int = 0
    rows: int = 0
    fault: str | None = None


@dataclass(slots=True)
class Script:
    """Changes to make right after the n-th request of a collection has been answered."""

    collection: str
    after: int
    changes: list[Callable[[], object]]
    done: bool = False


@dataclass(slots=True)
class Log:
    """The requests so far, and how many each collection has had."""

    exchanges: list[Exchange] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    total: int = 0

    def add(self, exchange: Exchange) -> None:
        """Numbers a request and keeps it."""
        self.total += 1
        exchange.number = self.total
        exchange.nth = self.counts[exchange.collection] = self.counts.get(exchange.collection, 0) + 1
        self.exchanges.append(exchange)


class World:
    """The state of one sandbox. Whoever reads or writes it holds ``lock``."""

    def __init__(
        self, *, size: Size, seed: int, now: datetime | None, region: str, url: str, token_lifetime: int
    ) -> None:
        self.lock = threading.RLock()
        self.catalog = Catalog.load()
        self.url = url
        self.region = region
        self._made_with = (size, seed, now)
        self.firm = self._found()
        self.clock = Clock(self.firm)
        self.oauth = OAuth(region, f"{url}/oauth/approval", lambda: self.clock.elapsed, token_lifetime)
        self.page_tokens = PageTokens(lambda: self.clock.elapsed)
        self.rate_limit = RateLimit(None, 60, lambda: self.clock.unix())
        self.log = Log()
        self.set_defaults()

    def set_defaults(self) -> None:
        """Takes back every switch, fault, script, hidden record and refused permission."""
        self.clock.header_skew_seconds = 0
        self.page_tokens.lifetime_seconds = None
        self.oauth.app.user_declines = False
        self.oauth.app.permissions |= all_permissions()
        for token in self.oauth.tokens.values():
            token.grant.permissions |= all_permissions()
        self.faults = Faults()
        self.unsettled = Unsettled()
        self.redaction = Redaction()
        self.firewall = True
        self.retired_versions: set[str] = set()
        self.hidden: dict[str, set[str]] = {}
        self.scripts: list[Script] = []
        self.callbacks: list[Callable[[Exchange], None]] = []
        self._indexes: dict[tuple[str, str], tuple[tuple[int, int], list[Id], IdIndex]] = {}

    def refound(self) -> None:
        """Replaces the firm by the one it was at the start, its clock too."""
        self.firm = self._found()
        self.clock.firm = self.firm
        self.set_defaults()

    def index(self, collection: str, parent: str | None) -> IdIndex:
        """Returns the ordered ids of a collection (of one parent's records); kept until the firm changes."""
        table = self.firm.records.get(collection, {})
        stamp = (self.firm.version, len(table))
        kept = self._indexes.get((collection, parent or ""))
        if kept and kept[0] == stamp:
            return kept[2]
        ids = [i for i, r in table.items() if str(r.get("_parent")) == parent] if parent else list(table)
        index = kept[2] if kept and kept[1] == ids else IdIndex(ids)
        self._indexes[collection, parent or ""] = (stamp, ids, index)
        return index

    def resolve(self, value: object) -> object:
        """Returns the record a reference points to, None if it is gone or hidden; others as they are."""
        if isinstance(value, tuple):
            collection, record_id = value
            if str(record_id) in self.hidden.get(collection, ()):
                return None
            return self.firm.records.get(collection, {}).get(record_id)
        return value

    def _found(self) -> LivingFirm:
        size, seed, now = self._made_with
        firm = LivingFirm.create(size, seed, now)
        if not isinstance(firm, LivingFirm):
            raise TypeError(
                "Firm.create must build the class it is called on: the sandbox needs a running clock"
            )
        return firm
