"""The pages of a collection's lists, read ahead while those before them are decoded and written."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar, cast

from .client import ClioClient
from .collection import WHOLE_LIST, Collection
from .errors import PagingError
from .place import Part, Place
from .receipt import Receipt
from .replies import Page, unreadable

T = TypeVar("T")

PAGES_AHEAD = 16


@dataclass
class Pages:
    """Reads a collection's pages from a place on.

    Attributes:
        parent: the collection whose records this one is read per, if it is.
        receipt: counts the pages.
        watch: called with the receipt after each page.
        enough: whether so many pages are enough for now.
        follows: true once the page asked for last is one that Clio's next link named.
    """

    client: ClioClient
    parent: Collection | None
    receipt: Receipt
    watch: Callable[[Receipt], None]
    enough: Callable[[int], bool]
    follows: bool = False

    def read(self, collection: Collection, place: Place) -> Iterator[tuple[Part, Page, bool]]:
        """Yields each page with its list, and whether it is the last for now.

        A thread of its own reads them. It sets `began` in the place, when the first page comes, and no more;
        and it knows when it is enough, so that no page is read that is not taken.

        Raises:
            ClioError: after the pages before it: the list could not be read on.
        """
        return _ahead(self._read(collection, place, place["part"], place["next"]), PAGES_AHEAD)

    def _read(
        self, collection: Collection, place: Place, first: int, following: str | None
    ) -> Iterator[tuple[Part, Page, bool]]:
        pages = 0
        for part in self._parts(collection, place, first):
            begin = self.client.list_address(part.path, _parameters(collection, part, place["since"]))
            address, follows = (following, True) if following and part.key == first else (begin, False)
            for page in self._read_list(address, place, follows=follows):
                pages += 1
                last = self.enough(pages) and may_break(collection, page)
                yield part, page, last
                if last:
                    return

    def _parts(self, collection: Collection, place: Place, first: int) -> Iterator[Part]:
        if self.parent is None:
            for key, parameters in enumerate(collection.parts):
                if key >= first:
                    told = {WHOLE_LIST: collection.name, **parameters}
                    constants = {name: told[name] for name in collection.constants}
                    yield Part(key, collection.path, parameters, constants)
            return
        name = str(collection.parent_parameter)
        for parent_id in self._parent_ids(self.parent, place):
            if parent_id >= first:
                path = collection.path.replace("{" + name + "}", str(parent_id))
                parameters = {name: str(parent_id)} if path == collection.path else {}
                yield Part(parent_id, path, parameters, {collection.constants[0]: parent_id})

    def _parent_ids(self, parent: Collection, place: Place) -> Iterator[int]:
        parameters = {"fields": "id", "limit": str(parent.limit)} | dict(parent.parameters)
        if parent.order:
            parameters["order"] = parent.order
        for page in self._read_list(self.client.list_address(parent.path, parameters), place):
            doing = f"{self.receipt.collection}, page {self.receipt.pages}"
            try:
                records = cast("list[dict[str, str]]", page.read_records(doing))
                ids = sorted(int(record["id"]) for record in records)
            except (ValueError, KeyError, TypeError):
                raise unreadable(doing) from None
            yield from ids

    def _read_list(self, address: str, place: Place, *, follows: bool = False) -> Iterator[Page]:
        """Reads a list to its end: to the page without a next link, however few records a page has."""
        asked: set[int] = set()  # hashes: an address has kilobytes
        while address:
            asked.add(hash(address))
            self.follows, follows = follows, True
            page = self.client.read_page(address, f"{self.receipt.collection}, page {self.receipt.pages + 1}")
            if place["began"] is None:
                place["began"] = as_text(page.date)
            self.receipt.count(page)
            self.watch(self.receipt)
            if hash(page.next) in asked:
                raise PagingError(
                    f"{self.receipt.collection}, page {self.receipt.pages}",
                    "the next link leads to a page that was read before.",
                    "Followed, it would never end; the rest of the list would be missing without a word.",
                    "Run again; if it stays, report it to Clio.",
                )
            yield page
            address = page.next or ""


def may_break(collection: Collection, page: Page) -> bool:
    """False where half of a list would replace the whole: of a table, or of a parent's rows in it."""
    if collection.replaced:
        return False
    return page.next is None or collection.read_per is None or collection.cursor is not None


def as_text(moment: datetime) -> str:
    """A moment as Clio's filters take it, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parameters(collection: Collection, part: Part, since: str | None) -> dict[str, str]:
    parameters = {"fields": collection.fields_parameter, "limit": str(collection.limit)}
    if collection.order:
        parameters["order"] = collection.order
    if since:
        parameters["updated_since"] = since
    return parameters | dict(collection.parameters) | dict(part.parameters)


def _ahead(items: Iterator[T], most: int) -> Iterator[T]:
    """Yields what an iterator does, at most so many items after a thread of its own has made them."""
    end: T = cast("T", object())
    thread = ThreadPoolExecutor(1, thread_name_prefix="clio-pages")
    try:
        coming = deque(thread.submit(next, items, end) for _ in range(most))
        while (item := coming.popleft().result()) is not end:
            coming.append(thread.submit(next, items, end))
            yield item
    finally:
        thread.shutdown(wait=False, cancel_futures=True)
