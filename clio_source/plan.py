"""What a run will cost in requests, before it is made.

Clio tells no totals. A list that fits one page is counted by reading its ids. A longer one is probed with
offsets, which Clio takes up to 10,000 records: seven single records find the page count. Beyond, ids are
taken for evenly spread, from the first, the ten thousandth and the last: a rough figure, and said to be.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from .client import ClioClient
from .collection import CURSOR_ORDER, Collection
from .errors import ForbiddenError, RequestRefusedError

OFFSETS_END = 10_000  # Clio, paging: an offset beyond is answered 422

Certainty = Literal["exact", "about", "at least", "forbidden"]


@dataclass(frozen=True)
class Estimate:
    """How many requests a collection will take, and how sure that is."""

    collection: str
    requests: int
    certainty: Certainty


def iter_estimates(
    client: ClioClient, collections: Iterable[Collection], since: Mapping[str, str]
) -> Iterator[Estimate]:
    """Yields an estimate for each collection.

    Args:
        since: the watermark of collections that were read to their end before; they are asked for changes.

    Raises:
        ClioError: Clio cannot be asked at all. A refused permission is an estimate of its own.
    """
    for collection in collections:
        try:
            parts = [_Probe(client, collection, part, since).estimate() for part in collection.parts]
        except ForbiddenError:
            yield Estimate(collection.name, 1, "forbidden")
            continue
        kinds = {certainty for _, certainty in parts}
        certainty = next(c for c in ("at least", "about", "exact") if c in kinds)
        yield Estimate(collection.name, sum(requests for requests, _ in parts), cast("Certainty", certainty))


class _Probe:
    """Counts the pages of one list with few requests."""

    def __init__(
        self, client: ClioClient, collection: Collection, part: Mapping[str, str], since: Mapping[str, str]
    ) -> None:
        self._client, self._collection = client, collection
        self._parameters = {"fields": "id", **collection.parameters, **part}
        if collection.order:
            self._parameters["order"] = collection.order
        if collection.cursor and collection.name in since:
            self._parameters["updated_since"] = since[collection.name]

    def estimate(self) -> tuple[int, Certainty]:
        limit = self._collection.limit
        first = self._read_ids(limit=limit)
        if len(first) < limit:
            return 1, "exact"
        try:
            ten_thousandth = self._read_ids(limit=1, offset=OFFSETS_END - 1)
            if ten_thousandth:
                return self._spread(int(first[0]), int(ten_thousandth[0]))
            low, high = 1, OFFSETS_END // limit  # full pages there are; pages there cannot be more than
            while low < high:
                middle = (low + high) // 2
                low, high = (
                    (middle + 1, high) if self._read_ids(limit=1, offset=middle * limit) else (low, middle)
                )
            return low, "exact"
        except RequestRefusedError:
            return 2, "at least"

    def _spread(self, first: int, ten_thousandth: int) -> tuple[int, Certainty]:
        """Beyond the offsets: as many more as the ids go on, at the density of the first ten thousand."""
        pages = OFFSETS_END // self._collection.limit
        if self._collection.order != CURSOR_ORDER:
            return pages + 1, "at least"
        last = int(self._read_ids(limit=1, order="id(desc)")[0])
        return max(pages + 1, round(pages * (last - first) / (ten_thousandth - first))), "about"

    def _read_ids(self, **parameters: str | int) -> list[str]:
        asked = self._parameters | {name: str(value) for name, value in parameters.items()}
        address = self._client.list_address(self._collection.path, asked)
        records = self._client.read_records(address, f"{self._collection.name}, counting")
        return [record["id"] for record in cast("list[dict[str, str]]", records)]
