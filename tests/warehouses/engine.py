"""Runs another warehouse's SQL on DuckDB, statement by statement, and keeps what came.

Each statement is parsed in its own dialect, which must know it, and is translated. What DuckDB has no word
for, such as CLUSTER BY, is only kept.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import duckdb
import sqlglot
from sqlglot import exp

_INFORMATION = re.compile(
    r'("[\w-]+"\.)("(?P<schema>\w+)"\.)?"?INFORMATION_SCHEMA"?\."?COLUMNS"?( AS COLUMNS)?', re.IGNORECASE
)
_TRANSACTIONS = (exp.Transaction, exp.Commit, exp.Rollback, exp.Declare)


class Engine:
    """One warehouse: a catalog, its schemas, and every statement in the order it came."""

    def __init__(self, dialect: str, catalog: str, types: Mapping[str, str]) -> None:
        self.dialect, self.catalog, self._types = dialect, catalog, types
        self.statements: list[str] = []
        self._lock = threading.RLock()
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute(f'ATTACH \':memory:\' AS "{catalog}"; USE "{catalog}"')

    def run(
        self, sql: str, values: Sequence[Any] = ()
    ) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
        """Runs a script; returns the columns (name, DuckDB type) and rows of its last statement."""
        with self._lock:
            columns: list[tuple[str, str]] = []
            rows: list[tuple[Any, ...]] = []
            for tree in sqlglot.parse(sql, read=self.dialect):
                if tree is None or isinstance(tree, _TRANSACTIONS) or tree.sql().startswith("CALL"):
                    continue
                self.statements.append(tree.sql(dialect=self.dialect))
                result = self._connection.execute(
                    self._translated(cast("exp.Expression", tree)), list(values)
                )
                columns = [(c[0], str(c[1])) for c in result.description or ()]
                rows = result.fetchall()
            return columns, rows

    def run_nothing(self, sql: str) -> None:
        """Keeps a statement that DuckDB has no word for, once it is known to be one of the dialect."""
        self.statements.append(sqlglot.parse_one(sql, read=self.dialect).sql(dialect=self.dialect))

    def load(self, table: str, file: Path) -> int:
        """Appends a file, Parquet or JSON, to a table by the names of its columns."""
        with self._lock:
            before = self._count(table)
            self._connection.execute(f"INSERT INTO {table} BY NAME FROM '{file}'")
            return self._count(table) - before

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Asks DuckDB in its own words."""
        with self._lock:
            result = self._connection.execute(query)
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def _count(self, table: str) -> int:
        found = self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(found[0]) if found else 0

    def _translated(self, tree: Any) -> str:
        if isinstance(tree, exp.Create):
            tree.set("properties", None)  # CLUSTER BY; it is kept in `statements`
        if isinstance(tree, exp.TruncateTable):
            return f"DELETE FROM {tree.expressions[0].sql(dialect='duckdb')}"
        sql = tree.sql(dialect="duckdb")
        return _INFORMATION.sub(lambda found: self._information(found["schema"]), sql)

    def _information(self, schema: str | None) -> str:
        """What INFORMATION_SCHEMA.COLUMNS of this warehouse says, types in its own words."""
        cases = " ".join(f"WHEN '{ours}' THEN '{theirs}'" for ours, theirs in self._types.items())
        inside = f"AND table_schema = '{schema}'" if schema else ""
        return (
            f"(SELECT * REPLACE (CASE data_type {cases} ELSE data_type END AS data_type)"
            f" FROM system.information_schema.columns WHERE table_catalog = '{self.catalog}' {inside})"
        )
