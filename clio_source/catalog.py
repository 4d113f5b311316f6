"""Writes the page that lists every collection, from the declarations alone.

python -m clio_source.catalog > docs/collections.md
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from .collection import Collection, load_collections
from .drift import NOT_LOADED
from .layout import tables_of
from .spec import DECLARATIONS, declared_at

_INTRODUCTION = """\
# Collections

<!-- Written by `make docs` from clio_source/collections/*.yaml: change those. -->

Every list that Clio Manage gives is a collection, and every collection a table. A nested list is a table of
its own, `<table>__<list>`, with the record's id (`bill_id`), the `position` from 0, and its fields; a nested
object's fields are columns (`matter__id`).

*Read* says what a run asks for:

- **changes**: what changed since the last complete sweep began (`updated_since`), merged by key.
- **whole**: everything each time, as Clio cannot be asked for changes; what is gone leaves the table too.
- **per contact** and the like: one request or more per parent record, so off until selected by name.

Deleted records stay in the tables of *changes*, as Clio does not list deletions: see
[behaviour.md](behaviour.md#deletions-leave-no-trace).
"""

_LEFT_OUT = """\
## Fields left out

Of a nested object that is a collection of its own only the id and a name are taken; the rest is in its table.
Fields of an object nested twice cannot be asked for, only its id. All else is loaded, but for these:

"""

_NOT_LOADED = """\
## Endpoints not loaded

Endpoints that give a single record (`settings/billing`, `timer`, `users/who_am_i`, …) or a file are no lists
and make no tables; the firm's billing settings are nested in its bills. These lists make no tables either:

"""


def main() -> None:
    """Prints the page."""
    print(render_page(), end="")


def render_page() -> str:
    """The page in Markdown."""
    collections = load_collections()
    blocks = [_INTRODUCTION]
    for file, names in _files(declared_at(DECLARATIONS)).items():
        blocks.append(_render_file(file, [collections[name] for name in names]))
    blocks.append(_render_whole(collections.values()))
    blocks.append(_render_left_out(collections.values()))
    blocks.append(_render_not_loaded())
    return "\n".join(blocks)


def _files(places: Mapping[str, tuple[Path, int]]) -> dict[Path, list[str]]:
    files: dict[Path, list[str]] = {}
    for name, (file, _) in places.items():
        files.setdefault(file, []).append(name)
    return files


def _render_file(file: Path, collections: Sequence[Collection]) -> str:
    title = file.stem.replace("_", " ").capitalize().replace(" uk", " UK")
    introduction = file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    rows = [
        (
            f"`{collection.name}`",
            f"`{', '.join(collection.key)}`",
            _render_reading(collection),
            ", ".join(f"`{name}`" for name in _nested_tables(collection)) or "–",
            collection.area,
            collection.about,
        )
        for collection in collections
    ]
    table = _render_table(("table", "key", "read", "nested tables", "permission", "meaning"), rows)
    return f"## {title}\n\n{introduction}\n\n{table}"


def _render_reading(collection: Collection) -> str:
    if collection.read_per:
        return f"per {collection.parent_singular}" + ("" if collection.cursor else ", whole")
    return "changes" if collection.cursor else "whole"


def _nested_tables(collection: Collection) -> list[str]:
    prefix = f"{collection.name}__"
    return [table.removeprefix(prefix) for table in tables_of(collection) if table.startswith(prefix)]


def _render_whole(collections: Iterable[Collection]) -> str:
    rows = [(f"`{collection.name}`", collection.why) for collection in collections if not collection.cursor]
    return "## Why some are read whole\n\n" + _render_table(("table", "reason"), rows)


def _render_left_out(collections: Iterable[Collection]) -> str:
    rows = [
        (f"`{collection.name}`", f"`{field}`", reason)
        for collection in collections
        for field, reason in collection.left_out.items()
    ]
    return _LEFT_OUT + _render_table(("table", "field", "reason"), rows)


def _render_not_loaded() -> str:
    rows = [(f"`{path}`", reason) for path, reason in NOT_LOADED.items()]
    return _NOT_LOADED + _render_table(("endpoint", "reason"), rows)


def _render_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
