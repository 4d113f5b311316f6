"""What the destination holds already: small questions to it, in SQL that every warehouse speaks."""

import random
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any, cast

import dlt
from dlt.common.normalizers.naming import NamingConvention
from dlt.destinations.exceptions import DatabaseUndefinedRelation, DestinationConnectionError
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.destinations.sql_client import SqlClientBase

from .errors import WarehouseError

_KEYS_AT_ONCE = 1_000  # in one IN list

DUCKDB_MEMORY = "128MB"

# To make a client dlt changes a context that all threads of an extraction share, and changes it back: two at
# the same time end in ContainerInjectableContextMangled.
_ONE_AT_A_TIME = threading.Lock()

Key = int | str
Row = tuple[object, ...]


def duckdb_file(path: Path | str) -> Any:
    """Returns dlt's destination for a DuckDB file, with memory that does not grow with the tables.

    DuckDB would take what it can get, and keep rows in the order they came, which costs memory and means
    nothing here. Beyond the limit it works on disk.
    """
    settings = {"memory_limit": DUCKDB_MEMORY, "preserve_insertion_order": False}
    return dlt.destinations.duckdb(DuckDbCredentials(str(path), global_config=settings))


class Warehouse:
    """Asks a pipeline's destination; a table that is not there yet has no rows.

    Args:
        prefix: what the names of its tables begin with in the destination, but for dlt's own.

    Raises:
        WarehouseError: from every method, when it cannot be opened.
    """

    def __init__(self, pipeline: dlt.Pipeline, prefix: str = "") -> None:
        self._pipeline, self._prefix = pipeline, prefix

    def read(self, table: str, columns: Sequence[str], where: str = "", *values: object) -> list[Row]:
        """Returns columns of a table's rows; `where` names columns plainly, and `%s` for each value."""
        with self._open() as client:
            longest = client.capabilities.max_column_identifier_length
            names = [NamingConvention.shorten_identifier(name, name, longest) for name in columns]
            chosen = ", ".join(map(client.escape_column_name, names)) or "count(*)"
            sql = f"SELECT {chosen} FROM {self._qualified(client, table)}"  # noqa: S608
            try:
                return [
                    tuple(row)
                    for row in client.execute_sql(f"{sql} {where and 'WHERE ' + where}", *values) or ()
                ]
            except DatabaseUndefinedRelation:
                return []

    def read_keys(self, table: str, columns: Sequence[str], key: str, keys: Iterable[Key]) -> Iterator[Row]:
        """Yields columns of the rows that some keys name."""
        left = iter(keys)
        while some := list(islice(left, _KEYS_AT_ONCE)):
            marks = ", ".join(["%s"] * len(some))
            yield from self.read(table, columns, f"{key} IN ({marks})", *some)

    def highest(self, keys: Mapping[str, str]) -> dict[str, int]:
        """Returns the highest id in each table, given its id column; -1 where there is none."""
        with self._open() as client:
            return {table: self._highest(client, table, key) for table, key in keys.items()}

    def _highest(self, client: SqlClientBase[Any], table: str, key: str) -> int:
        try:
            sql = f"SELECT max({key}) FROM {self._qualified(client, table)}"  # noqa: S608
            found = client.execute_sql(sql)
        except DatabaseUndefinedRelation:
            return -1
        return -1 if not found or found[0][0] is None else int(found[0][0])

    def _qualified(self, client: SqlClientBase[Any], table: str) -> str:
        return client.make_qualified_table_name(table if table.startswith("_") else self._prefix + table)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps a DuckDB file open, so that no other process writes it; other warehouses as they are.

        It saves time as well: dlt opens and closes the file for each table, and DuckDB tidies it with the
        last to close.
        """
        with self._open() if self.is_file else nullcontext():
            yield

    @property
    def is_file(self) -> bool:
        """True for DuckDB."""
        return self._pipeline.destination.destination_name == "duckdb"

    def count(self, table: str, where: str = "", *values: object) -> int:
        """Returns how many rows a table has; `where` as in `read`."""
        found = self.read(table, (), where, *values)
        return int(str(found[0][0])) if found else 0

    @contextmanager
    def _open(self) -> Iterator[SqlClientBase[Any]]:
        with _ONE_AT_A_TIME:
            client = self._pipeline.sql_client()
        dbapi: Any = client.dbapi
        try:
            self._connect(client)
            try:
                yield client
            finally:
                client.close_connection()
        except (DestinationConnectionError, dbapi.OperationalError) as failure:
            raise self._cannot_open(locked=self._is_locked(failure)) from None

    def _connect(self, client: SqlClientBase[Any]) -> None:
        """Opens the connection, and waits for others' turn with a DuckDB file as long as is asked for."""
        patience = dlt.config.get("sources.clio.wait_for_file_seconds", float) or 0.0
        ends, dbapi = time.monotonic() + patience, cast("Any", client.dbapi)
        while True:
            try:
                client.open_connection()
            except (DestinationConnectionError, dbapi.OperationalError) as failure:
                if not self._is_locked(failure) or time.monotonic() >= ends:
                    raise
                time.sleep(random.uniform(0.05, 0.3))
            else:
                return

    def _is_locked(self, failure: Exception) -> bool:
        return self.is_file and "lock" in str(failure)

    def _cannot_open(self, *, locked: bool) -> WarehouseError:
        doing = f"Dataset {self._pipeline.dataset_name}"
        if locked:
            return WarehouseError(
                doing,
                "another process has the DuckDB file open.",
                "Only one process at a time can write it.",
                "Close the other program, or see that one schedule loads this dataset, and run again. "
                "What was loaded before stays.",
            )
        return WarehouseError(
            doing,
            f"{self._pipeline.destination.destination_name} could not be opened.",
            "Its settings or credentials are wrong, or it is away.",
            "Check them, and run again. What was loaded before stays.",
        )
