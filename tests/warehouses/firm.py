"""What a warehouse must hold after each run: the firm, and the last that was known of what it deleted."""

from collections.abc import Callable, Mapping

from clio_sandbox import Sandbox
from clio_source.collection import load_collections

from ..conftest import Row, truth
from ..source.reference import differences, expected_columns, expected_rows

# One of each kind: nested lists, lists in lists, two parts, text ids, read whole, in regions, per parent.
OF_EACH_KIND = (
    "activities",
    "billable_matters",
    "bills",
    "calendar_entries",
    "contacts",
    "contacts_email_addresses",
    "documents_versions",
    "lauk_expense_categories",
    "notes",
)

Key = tuple[object, ...]


class Firm:
    """A sandbox's firm, and what a loader has seen of it."""

    def __init__(self, clio: Sandbox, names: tuple[str, ...] = OF_EACH_KIND) -> None:
        self._clio = clio
        self.collections = {name: load_collections()[name] for name in names}
        self._known: dict[str, dict[Key, Row]] = {name: {} for name in names}
        self.gone: set[tuple[str, object]] = set()

    def look(self) -> None:
        """Takes note of what the firm has now; to be called after each run."""
        for name, collection in self.collections.items():
            now = {tuple(row[c] for c in collection.key): row for row in truth(self._clio, collection)}
            if collection.replaced or collection.merged_by_parent:
                self._known[name] = now
            else:
                self._known[name] |= now
                if collection.read_per is None:  # the others are not swept for deletions
                    self.gone |= {(name, key[-1]) for key in self._known[name].keys() - now.keys()}

    @property
    def tables(self) -> dict[str, dict[str, str]]:
        """Every table with its columns."""
        return {t: columns for c in self.collections.values() for t, columns in expected_columns(c).items()}

    def differences(self, read: Callable[[str, Mapping[str, str]], list[Row]]) -> dict[str, list[str]]:
        """Returns by table in what a warehouse differs, cell by cell; `read` gives columns of its rows."""
        found: dict[str, list[str]] = {}
        for name, collection in self.collections.items():
            for table, rows in expected_rows(collection, list(self._known[name].values())).items():
                columns = self.tables[table]
                if lines := differences(read(table, columns), rows, columns):
                    found[table] = lines
        return found
