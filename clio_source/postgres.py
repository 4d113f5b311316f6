"""dlt's Postgres destination, for tables without rows too.

dlt 1.31 copies Parquet through ADBC, and fails at a file without rows, which is what makes the tables that
a firm has nothing in. The way through CSV would make empty texts null.
"""

import pyarrow.parquet as pq
from dlt.common.destination import PreparedTableSchema
from dlt.common.destination.client import LoadJob
from dlt.destinations import postgres
from dlt.destinations.impl.postgres.postgres import PostgresClient, PostgresParquetCopyJob


class Postgres(postgres):
    """The destination; configured as dlt's, under `destination.postgres`."""

    @property
    def client_class(self) -> type[PostgresClient]:
        return _Client


class _Client(PostgresClient):
    def create_load_job(
        self, table: PreparedTableSchema, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        job = super().create_load_job(table, file_path, load_id, restore)
        return _CopyJob(file_path) if type(job) is PostgresParquetCopyJob else job


class _CopyJob(PostgresParquetCopyJob):
    def run(self) -> None:
        if pq.read_metadata(self._file_path).num_rows:
            super().run()


Postgres.register()
