"""Looks for secrets in everything that a run leaves behind: texts, exceptions, files, tables."""

import base64
import gzip
import traceback
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb


def found(secrets: list[str], *texts: str | bytes) -> list[str]:
    """Returns the beginnings of the secrets that stand in some texts, plain or in base64."""
    seen = b"\n".join(text.encode() if isinstance(text, str) else text for text in texts)
    encoded = [base64.b64encode(secret.encode())[:-4] for secret in secrets]
    return [form[:12].decode() for form in [*(s.encode() for s in secrets), *encoded] if form in seen]


def of_error(error: BaseException | None) -> str:
    """Returns all that an exception tells, with those behind it."""
    if error is None:
        return ""
    parts = (str(error), repr(error), repr(error.args), repr(vars(error)), *traceback.format_exception(error))
    return "\n".join(parts) + of_error(error.__cause__) + of_error(error.__context__)


def of_files(*folders: Path) -> Iterator[bytes]:
    """Yields each file's name and bytes, unpacked where it is packed."""
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        yield str(path).encode() + content
        if content[:2] == b"\x1f\x8b":
            yield gzip.decompress(content)


def of_warehouse(file: Path) -> Iterator[str]:
    """Yields each row of each table, dlt's own too, with its packed state unpacked."""
    with duckdb.connect(str(file), read_only=True) as connection:
        for schema, table in connection.sql("select schema_name, table_name from duckdb_tables()").fetchall():
            for row in connection.sql(f'from "{schema}"."{table}"').fetchall():
                yield repr(row)
                for value in row if table == "_dlt_pipeline_state" else ():
                    with suppress(ValueError, TypeError, zlib.error):
                        yield zlib.decompress(base64.b64decode(value)).decode()
