"""Leaves out records that came before: twice in one sweep, or unchanged in the overlap of two.

Both are safe to leave out because of what the watermark means (see `sweep.py`): whatever changed after a
sweep began is asked for again by the next one.
"""

import hashlib
from datetime import datetime

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from .layout import ARROW_TYPES

# More than these are not worth remembering: to load a record again unchanged does no harm.
_REMEMBERED = 500


class Repeats:
    """Knows the records of one list that were read before.

    Args:
        recent: digests of the records that the sweep before read and this one asks for again, by id; of those
            without an id, by the digest itself.
        horizon: the next sweep will ask for records updated from here on; None where it asks for all.
    """

    def __init__(self, recent: dict[str, str], horizon: datetime | None) -> None:
        self._recent_before = recent
        self._horizon = horizon
        self._highest: int | None = None
        self._ids: list[pa.Array] = []
        self.recent: dict[str, str] = {}

    def select(self, records: pa.StructArray) -> pa.StructArray:
        """Returns the records that did not come before."""
        records = self._drop_read_twice(records)
        if not self._recent_before or not len(records):
            return records
        ids = records.field("id").cast(pa.string())
        known = pc.or_(pc.is_in(ids, value_set=pa.array([*self._recent_before])), pc.is_null(ids))
        if not pc.any(known).as_py():
            return records
        same = [
            suspect and self._is_unchanged(record.as_py())
            for suspect, record in zip(known.to_pylist(), records, strict=True)
        ]
        return records.filter(pc.invert(pa.array(same)))

    def _is_unchanged(self, record: dict[str, object]) -> bool:
        key, digest = _key_and_digest(record)
        if self._recent_before.get(key) != digest:
            return False
        self.recent[key] = digest  # the sweep after the next may ask for it again
        return True

    def accept(self, records: pa.StructArray) -> None:
        """Takes note of records that are going to be loaded."""
        ids = records.field("id")
        if not len(ids):
            return
        self._ids.append(ids)
        if pa.types.is_integer(ids.type):
            self._highest = max(self._highest or 0, pc.max(ids).as_py() or 0)
        if self._horizon is None or len(self.recent) > _REMEMBERED:
            return
        updated_at = records.field("updated_at").cast(ARROW_TYPES["timestamp"])
        late = pc.fill_null(pc.greater_equal(updated_at, pa.scalar(self._horizon)), False)
        for record in records.filter(late).to_pylist():
            key, digest = _key_and_digest(record)
            self.recent[key] = digest

    def _drop_read_twice(self, records: pa.StructArray) -> pa.StructArray:
        ids = records.field("id")
        if pa.types.is_integer(ids.type) and self._all_higher(ids):
            return records
        seen = {value for chunk in self._ids for value in chunk.to_pylist()}
        first: list[bool] = []
        for value in ids.to_pylist():
            first.append(value is None or value not in seen)
            seen.add(value)
        return records.filter(pa.array(first, pa.bool_()))

    def _all_higher(self, ids: pa.Array) -> bool:
        """True when ids rise, as they do in a list ordered by id, and begin above all before."""
        if not len(ids):
            return True
        if ids.null_count or (self._highest is not None and ids[0].as_py() <= self._highest):
            return False
        return len(ids) < 2 or bool(pc.all(pc.greater(ids[1:], ids[:-1])).as_py())


def _key_and_digest(record: dict[str, object]) -> tuple[str, str]:
    """A record without a readable id is known by its digest."""
    digest = digest_of(record)
    return (digest if record["id"] is None else str(record["id"])), digest


def digest_of(value: object) -> str:
    """Returns a short digest of anything JSON can hold, decimals and times included."""
    return hashlib.blake2b(orjson.dumps(value, default=str), digest_size=12).hexdigest()
