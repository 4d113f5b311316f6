"""The control of a sandbox in process; the door under ``/_sandbox/`` calls the same methods."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from clio_sandbox.api import VERSIONS, Api
from clio_sandbox.faults import Fault
from clio_sandbox.fields import every_field, parse_fields
from clio_sandbox.filters import Unsettled
from clio_sandbox.firm import Id, Record
from clio_sandbox.parameters import Query, parse_query
from clio_sandbox.permissions import all_permissions
from clio_sandbox.redaction import Redaction
from clio_sandbox.values import Json, writable
from clio_sandbox.wire import dumps
from clio_sandbox.world import Exchange, Script, World

Row = dict[str, Json]


class Control:
    """Looks into a sandbox and changes it while it runs."""

    def __init__(self, world: World, api: Api) -> None:
        self._world, self._api = world, api

    def requests(self, collection: str | None = None) -> list[Exchange]:
        """Returns the requests so far, of one endpoint or all."""
        with self._world.lock:
            found = list(self._world.log.exchanges)
        return [exchange for exchange in found if collection in (None, exchange.collection)]

    def forget_requests(self) -> None:
        """Empties the log and counts anew."""
        with self._world.lock:
            self._world.log.exchanges.clear()
            self._world.log.counts.clear()

    def truth(self, collection: str, fields: str | None = None, **parameters: str) -> list[Row]:
        """Returns every row of a collection as its list would show it (with every field if none is named)."""
        with self._world.lock:
            endpoint = self._world.catalog.list_of(collection)
            query = parse_query(endpoint, list(parameters.items())) if parameters else Query([])
            query.fields = (
                parse_fields(fields) if fields else every_field(self._world.catalog, endpoint.record)
            )
            body = dumps(self._api.rows(endpoint, query))
        rows: list[Row] = json.loads(body, parse_float=Decimal)
        return rows

    def records(self, collection: str) -> list[Row]:
        """Returns the complete records, trashed ones too; those below a parent with its id as ``_parent``."""
        endpoint = self._world.catalog.list_of(collection)
        everything = {"include_deleted": "true"} if "include_deleted" in endpoint.parameters else {}
        with self._world.lock:
            rows = self.truth(collection, **everything)
            table = self._world.firm.records.get(endpoint.collection, {})
            parents = [table[i].get("_parent") for i in self._world.index(endpoint.collection, None).ids]
        if "{" in collection and len(rows) == len(parents):
            return [row | {"_parent": parent} for row, parent in zip(rows, parents, strict=True)]
        return rows

    def ledger(self) -> dict[str, object]:
        """Returns the totals of the firm's own books."""
        with self._world.lock:
            return self._world.firm.ledger()

    def edit(self, collection: str, record_id: Id, changes: Record) -> None:
        """Changes a record now, in any way: values that break the declared type are written as they are."""
        with self._world.lock:
            self._world.clock.tick()
            self._world.firm.edit(collection, record_id, {n: writable(v) for n, v in changes.items()})

    def insert(self, collection: str, record: Record) -> Id:
        """Files a new record now and returns its id."""
        with self._world.lock:
            self._world.clock.tick()
            return self._world.firm.insert(collection, {n: writable(v) for n, v in record.items()})

    def delete(self, collection: str, record_id: Id) -> None:
        """Deletes a record without a trace."""
        with self._world.lock:
            self._world.clock.tick()
            self._world.firm.delete(collection, record_id)

    def advance(self, days: int) -> dict[str, dict[str, int]]:
        """Lets the firm live on; returns what was inserted, updated and deleted."""
        with self._world.lock:
            self._world.clock.tick()
            return self._world.firm.advance(days)

    def hide(self, collection: str, record_ids: Iterable[Id]) -> None:
        """Makes records invisible to the user, as when a permission on them is lost."""
        with self._world.lock:
            self._world.hidden.setdefault(collection, set()).update(str(i) for i in record_ids)

    def unhide(self, collection: str) -> None:
        """Makes the records of a collection visible again."""
        with self._world.lock:
            self._world.hidden.pop(collection, None)

    def on_request(self, callback: Callable[[Exchange], None]) -> Callable[[], None]:
        """Calls back before each request is answered, so between two pages; returns how to stop it.

        The callback runs in the server: it may edit, insert and delete, but not send requests itself.
        """
        with self._world.lock:
            self._world.callbacks.append(callback)
        return lambda: self._world.callbacks.remove(callback)

    def after(self, collection: str, nth: int, *changes: Callable[[], object]) -> None:
        """Makes changes as soon as the n-th request of a collection, counted from now, is answered."""
        with self._world.lock:
            due = self._world.log.counts.get(collection, 0) + nth
            self._world.scripts.append(Script(collection, due, list(changes)))

    def fault(self, fault: Fault) -> Fault:
        """Puts a fault in force and returns it: its ``fired`` tells how often it struck."""
        with self._world.lock:
            self._world.faults.rules.append(fault)
        return fault

    def faults(self) -> list[Fault]:
        """Returns the faults in force."""
        with self._world.lock:
            return list(self._world.faults.rules)

    def clear_faults(self) -> None:
        """Ends all faults."""
        with self._world.lock:
            self._world.faults.rules.clear()

    def now(self) -> datetime:
        """Returns the sandbox's time."""
        with self._world.lock:
            return self._world.clock.tick()

    def pass_time(self, seconds: float) -> datetime:
        """Lets time pass at once: rate windows, token lifetimes, stamps of later edits."""
        with self._world.lock:
            return self._world.clock.move(seconds)

    def skew_headers(self, seconds: int) -> None:
        """Shifts the ``Date`` header and the rate limit's reset time against the records."""
        with self._world.lock:
            self._world.clock.header_skew_seconds = seconds

    def rate_limit(self, limit: int | None, window_seconds: int | None = None) -> None:
        """Changes the requests allowed a window (None: no limit), in mid-window too."""
        with self._world.lock:
            self._world.rate_limit.limit = limit
            if window_seconds is not None:
                self._world.rate_limit.window_seconds = window_seconds

    def deny(self, *permissions: str, token: str | None = None) -> None:
        """Takes access permissions away, from all tokens or from the one of a label."""
        for allowed in self._permissions(permissions, token):
            allowed -= set(permissions)

    def grant(self, *permissions: str, token: str | None = None) -> None:
        """Gives access permissions back."""
        for allowed in self._permissions(permissions, token):
            allowed |= set(permissions)

    def permissions(self) -> dict[str, list[str]]:
        """Returns what each token may read, by its label."""
        with self._world.lock:
            return {t.label: sorted(t.grant.permissions) for t in self._world.oauth.tokens.values()}

    def issue_token(self) -> str:
        """Returns a new access token, as if another user had consented."""
        with self._world.lock:
            return self._world.oauth.issue()[0]

    def expire_access_tokens(self) -> None:
        """Makes all access tokens expire now; refresh tokens stay good."""
        with self._world.lock:
            self._world.oauth.expire_access_tokens()

    def revoke_access(self) -> None:
        """Revokes access and refresh tokens alike, as when a user removes the app."""
        with self._world.lock:
            self._world.oauth.revoke_grants()

    def token_lifetime(self, seconds: int) -> None:
        """Changes how long access tokens given from now on are good."""
        with self._world.lock:
            self._world.oauth.token_lifetime = seconds

    def user_declines(self, declines: bool = True) -> None:
        """Makes the user refuse (or grant) consent on the authorize page."""
        with self._world.lock:
            self._world.oauth.app.user_declines = declines

    def register_redirect(self, uri: str) -> None:
        """Adds a redirect URI to the app."""
        with self._world.lock:
            self._world.oauth.app.redirect_uris.append(uri)

    def redact(self, redaction: Redaction) -> None:
        """Changes what is hidden from the user: hours of others, custom field values."""
        with self._world.lock:
            self._world.redaction = redaction

    def settle(self, **changes: bool) -> Unsettled:
        """Decides what Clio's documents leave open, e.g. ``updated_since_inclusive=True``."""
        with self._world.lock:
            self._world.unsettled = replace(self._world.unsettled, **changes)
            return self._world.unsettled

    def firewall(self, on: bool) -> None:
        """Turns the firewall off or on that refuses some user agents."""
        with self._world.lock:
            self._world.firewall = on

    def retire_version(self, version: str) -> None:
        """Makes an API version answer 410."""
        if version not in VERSIONS:
            raise ValueError(f"{version!r} is not a version of the API; known: {', '.join(VERSIONS)}")
        with self._world.lock:
            self._world.retired_versions.add(version)

    def expire_page_tokens(self, lifetime_seconds: float | None = None) -> None:
        """Makes page tokens worthless: all there are now, or each after some seconds."""
        with self._world.lock:
            self._world.page_tokens.lifetime_seconds = lifetime_seconds
            if lifetime_seconds is None:
                self._world.page_tokens.expire()

    def clear(self) -> None:
        """Takes back faults, scripts, switches, hidden records, refused permissions; the firm stays."""
        with self._world.lock:
            self._world.set_defaults()

    def reset(self) -> None:
        """Does the same and brings back the firm of the start; tokens, log and rate limit stay."""
        with self._world.lock:
            self._world.refound()

    def _permissions(self, names: Iterable[str], token: str | None) -> list[set[str]]:
        unknown = set(names) - all_permissions()
        if unknown:
            known = ", ".join(sorted(all_permissions()))
            raise ValueError(f"{', '.join(sorted(unknown))} is not an access permission; known: {known}")
        with self._world.lock:
            oauth = self._world.oauth
            found = [t.grant.permissions for t in oauth.tokens.values() if token in (None, t.label)]
            if not found:
                raise ValueError(f"no token has the label {token!r}")
            return found if token else [*found, oauth.app.permissions]
