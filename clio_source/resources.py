"""Collections as dlt resources.

No `from __future__ import annotations` here: dlt reads the annotations of resource functions.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, cast

import dlt
from dlt.common.schema import Schema
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltResource, DltSource

from .appends import MERGE, Appends
from .client import ClioClient
from .collection import WHOLE_LIST, Collection
from .errors import (
    AuthenticationError,
    ClioError,
    ConfigurationError,
    ForbiddenError,
    StoppedError,
    VersionGoneError,
)
from .kept import keep_columns
from .layout import REMOVED, Layout, tables_of
from .place import SweepState
from .receipt import Receipt
from .sweep import Sweep, Tables

logger = logging.getLogger(__name__)


class Reader:
    """Reads the collections of one firm; what all its resources share.

    Attributes:
        prefix: what the names of tables begin with in the destination.
        receipts: what was done with each collection, by name.
        pages_at_most: per collection and run; None reads to the end.
        not_before: read on until this moment of the monotonic clock, even beyond `pages_at_most`.
        carry_on: let one collection's failure stop no other; it stands in the receipt. Otherwise every
            failure but a refused permission is raised.
        appends: has rows appended of which nothing can be there yet; None merges all.
        watch: called with the receipt after each page and at its end.
        stopped: the failure that ends the whole run, such as a token that is refused.
    """

    def __init__(
        self,
        client: ClioClient,
        collections: Mapping[str, Collection],
        start_date: str | None,
        prefix: str = "",
    ) -> None:
        self.client = client
        self.collections = collections
        self.start_date = start_date
        self.prefix = prefix
        self.receipts = {name: Receipt(name) for name in collections}
        self.pages_at_most: int | None = None
        self.not_before = 0.0
        self.carry_on = False
        self.appends: Appends | None = None
        self.watch: Callable[[Receipt], None] = lambda _: None
        self.stopped: ClioError | None = None

    @property
    def stopping(self) -> bool:
        """True when nothing more is to be read: we were asked to stop, or it cannot go on."""
        return self.stopped is not None or self.client.throttle.stopping.is_set()

    def stop(self) -> None:
        """Stops the reading at the next page; from any thread or signal handler."""
        self.client.throttle.stop()

    def resources(self) -> list[DltResource]:
        """Returns one dlt resource per collection, those that cost a request per parent deselected."""
        return [self._resource(collection) for collection in self.collections.values()]

    def _resource(self, collection: Collection) -> DltResource:
        own, *nested = tables_of(collection).values()

        def read() -> Iterator[Any]:
            state = cast("SweepState", dlt.current.resource_state(collection.name))
            yield from self._read(collection, state)

        resource: DltResource = dlt.resource(
            read,
            name=collection.name,
            table_name=self.prefix + collection.name,
            selected=collection.selected_by_default,
            parallelized=True,
        )
        # A nested table's hints start out as a copy of the resource's: so they are given first.
        for layout in nested:
            name = self.prefix + layout.name
            resource.apply_hints(table_name=name, create_table_variant=True, **_hints(layout))
        return resource.apply_hints(**_hints(own))

    def _read(self, collection: Collection, state: SweepState) -> Iterator[Any]:
        receipt = self.receipts[collection.name]
        sweep = Sweep(
            self.client,
            collection,
            self.collections.get(collection.read_per or ""),
            state,
            receipt,
            start_date=self.start_date,
            pages_at_most=self.pages_at_most,
            not_before=self.not_before,
            watch=self.watch,
            keep=partial(keep_columns, prefix=self.prefix),
        )
        try:
            if self.stopped is not None:
                raise self.stopped
            _check_statement(collection, state)
            if self.appends:
                self.appends.begin(collection)
            yield from self._missing_tables(collection, state)
            for tables in _timed(sweep.batches(), receipt):
                yield from self._items(collection, self._written(collection, tables))
        except ClioError as error:
            self._fail(receipt, error)
        finally:
            self.watch(receipt)
            logger.info(
                "%s: %s, %d rows, %d pages, %.1f s waited for the limit",
                *(receipt.collection, receipt.outcome, receipt.rows, receipt.pages, receipt.waited_seconds),
            )

    def _written(self, collection: Collection, tables: Tables) -> Tables:
        return self.appends.select(collection, tables) if self.appends else tables

    def _missing_tables(self, collection: Collection, state: SweepState) -> Iterator[Any]:
        """Yields every table without rows when its columns are new: an empty collection has tables too."""
        layouts = tables_of(collection)
        columns = "\n".join(f"{name} {layout.schema}" for name, layout in layouts.items())
        digest = hashlib.blake2b(columns.encode(), digest_size=8).hexdigest()
        if state.get("tables") != digest:
            empty = {name: layout.schema.empty_table() for name, layout in layouts.items()}
            yield from self._items(collection, empty)
            state["tables"] = digest

    def _items(self, collection: Collection, tables: Tables) -> Iterator[Any]:
        for name, table in tables.items():
            yield (table if name == collection.name else dlt.mark.with_table_name(table, self.prefix + name))

    def _fail(self, receipt: Receipt, error: ClioError) -> None:
        if isinstance(error, ForbiddenError):
            area = self.collections[receipt.collection].area
            error = ForbiddenError(error.doing, error.came, f"The token may not read {area}.", error.remedy)
        receipt.fail(error)
        logger.warning("%s", error)
        if isinstance(error, (AuthenticationError, VersionGoneError, StoppedError)):
            self.stopped = error
        if not self.carry_on and not isinstance(error, ForbiddenError):
            raise error


class ClioSource(DltSource):
    """A dlt source that knows its reader, for `sync` and for whoever wants to see the receipts."""

    reader: Reader

    @classmethod
    def from_data(cls, schema: Schema, section: str, data: Any) -> "ClioSource":
        if isinstance(data, ClioSource):
            return data
        source: ClioSource = super().from_data(schema, section, data.resources())
        source.reader = data
        return source

    def with_resources(self, *resource_names: str) -> "ClioSource":
        return cast("ClioSource", super().with_resources(*resource_names))

    def clone(self, with_name: str | None = None) -> "ClioSource":
        schema = self.schema.clone(with_name=with_name or self.schema.name)
        copy = ClioSource(schema, self.section, list(self._resources.values()))
        copy.reader = self.reader
        return copy


def _timed(batches: Iterator[Tables], receipt: Receipt) -> Iterator[Tables]:
    """Counts the time that reading takes, without that of others between two batches."""
    while True:
        began = time.monotonic()
        try:
            tables = next(batches, None)
        finally:
            receipt.seconds += time.monotonic() - began
        if tables is None:
            return
        yield tables


def _check_statement(collection: Collection, state: SweepState) -> None:
    """Raises ConfigurationError when the table was loaded by another statement: rows would mix."""
    before = state.get("statement", "")
    if before != collection.statement and state.keys() & {"through", "digest", "sweep"}:
        raise ConfigurationError(
            collection.name,
            "its table was loaded with other columns or conditions.",
            "Loaded on, it would hold some rows of one kind and some of the other.",
            "Give the statement a dataset of its own, or load anew with --full-refresh.",
        )
    state["statement"] = collection.statement


def _hints(layout: Layout) -> dict[str, Any]:
    """Returns what dlt has to know of a table: how it is merged, and by which columns."""
    # A record whose id does not fit its type has none, and is loaded all the same.
    columns: dict[str, TColumnSchema] = {name: {"nullable": True} for name in layout.merged_by}
    # Parquet tells an empty text from null, which the CSV that dlt would choose for Postgres does not.
    hints: dict[str, Any] = {"write_disposition": MERGE, "file_format": "parquet", "columns": columns}
    if clustered := [name for name in layout.merged_by if name != WHOLE_LIST]:
        # A merge then reads the blocks that hold its keys, not all. Snowflake takes the one, BigQuery the
        # other; the rest pass it over.
        for name in clustered:
            columns[name]["cluster"] = True
        hints["additional_table_hints"] = {"x-bigquery-cluster-columns": clustered}
    if layout.merged_by == layout.key:
        return hints | {"primary_key": list(layout.key)}
    columns[REMOVED] = {"data_type": "bool", "hard_delete": True}
    return hints | {"merge_key": list(layout.merged_by)}
