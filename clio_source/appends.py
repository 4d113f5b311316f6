"""Rows of which nothing can be there yet are appended; all others are merged.

A merge writes every row twice, into a staging table and from there into its own, and looks for what to
replace. On a first load there is nothing to replace: then a package's rows go straight into their tables.
It is decided anew for each package, by the destination alone: every id of the package lies above the
highest that any of the collection's tables holds. So a run that was killed half way merges what it reads
again.

It is done only by `sync`, and only for a DuckDB file: there `check` can hold the file, so that no other
process writes between the look and the load.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract import DltResource

from .collection import CURSOR_ORDER, Collection
from .errors import BusyError
from .layout import REMOVED, tables_of
from .sweep import Tables
from .warehouse import Warehouse

# A merge of fewer rows costs less than to ask for the highest ids.
_WORTH_ROWS = 1_000

# What comes twice is left out before (`repeats.py`), so the merge need not look for it.
MERGE = {"disposition": "merge", "strategy": "delete-insert", "deduplicated": True}


@dataclass
class _Package:
    """One collection in the present package: the highest id in each of its tables before."""

    collection: Collection
    appends: bool
    highest: Mapping[str, int]

    def is_above(self, table: pa.Table) -> bool:
        ids = table["id"]
        return not ids.null_count and pc.min(ids).as_py() > max(self.highest.values())


class Appends:
    """Decides how the rows of each package are written; one for all collections."""

    def __init__(self, pipeline: dlt.Pipeline, prefix: str = "") -> None:
        self._warehouse, self._prefix = Warehouse(pipeline, prefix), prefix
        self._packages: dict[str, _Package] = {}
        self._appended: set[str] = set()  # collections whose last package was

    def begin(self, collection: Collection) -> None:
        """Has the rows of a new package merged, until it is known that they need not be."""
        if collection.name in self._appended:
            self._appended.remove(collection.name)
            self._dispose(collection, MERGE)

    def select(self, collection: Collection, tables: Tables) -> Tables:
        """Returns what to write of the next tables of a package, the collection's own among them or not."""
        own = tables.get(collection.name)
        package = self._packages.get(collection.name)
        if package is None:
            package = self._packages[collection.name] = self._first(collection, own)
        elif package.appends and own is not None and not package.is_above(own):
            package.appends = False
            self._dispose(collection, MERGE)
        return _without_markers(tables) if package.appends else tables

    def check(self) -> None:
        """Looks once more before the package is loaded, now that no other process can write.

        Raises:
            BusyError: another process has written what this one was going to append to.
        """
        packages, self._packages = self._packages, {}
        for name, package in packages.items():
            if not package.appends:
                continue
            if self._highest(package.collection) != package.highest:
                raise BusyError(
                    name,
                    "another process has loaded rows of it meanwhile.",
                    "To add ours could double them.",
                    "Run again once the other has ended. What was loaded before stays.",
                )
            self._appended.add(name)

    def _first(self, collection: Collection, own: pa.Table | None) -> _Package:
        merged = _Package(collection, False, {})
        if own is None or len(own) < _WORTH_ROWS or not _can_append(collection):
            return merged
        package = _Package(collection, True, self._highest(collection))
        if not package.is_above(own):
            return merged
        self._dispose(collection, "append")
        return package

    def _highest(self, collection: Collection) -> dict[str, int]:
        layouts = tables_of(collection).values()
        return self._warehouse.highest({layout.name: layout.merged_by[-1] for layout in layouts})

    def _dispose(self, collection: Collection, disposition: Any) -> None:
        """Has the present package write the collection's tables so; dlt asks for it with every item."""
        resource = _resource(collection)
        _, *nested = tables_of(collection)
        resource.apply_hints(write_disposition=disposition)
        for name in nested:
            resource.apply_hints(
                table_name=self._prefix + name, create_table_variant=True, write_disposition=disposition
            )


def _can_append(collection: Collection) -> bool:
    """True where records come in one list, by rising id, and dlt has been told of no other way."""
    own = tables_of(collection)[collection.name]
    planned = _resource(collection).compute_table_schema()
    return (
        collection.order == CURSOR_ORDER
        and len(collection.parts) == 1
        and own.merged_by == ("id",)
        and own.schema.field("id").type == pa.int64()
        and planned["write_disposition"] == MERGE["disposition"]
        and planned.get("x-merge-strategy") == MERGE["strategy"]
    )


def _resource(collection: Collection) -> DltResource:
    return dlt.current.source().resources[collection.name]


def _without_markers(tables: Tables) -> Tables:
    """Leaves out the orders to remove a record's old rows: it has none."""
    return {
        name: table.filter(pc.is_null(table[REMOVED])) if REMOVED in table.column_names else table
        for name, table in tables.items()
    }
