"""Empty records in the form of Clio's catalogue, and references between records."""

import functools
import json
from importlib.resources import files
from typing import Any, NamedTuple

Id = int | str
Record = dict[str, Any]  # one record as the API would show it; keys that begin with "_" are never shown
Field = str | dict[str, Any]


class Ref(NamedTuple):
    """A record of another collection, shown nested; it is resolved when it is rendered."""

    collection: str
    id: Id


def blank(record: str) -> Record:
    """Returns a complete, empty record: every field of the catalogue; lists empty, flags off, else None."""
    template, lists = _template(record)
    made = template.copy()
    for name in lists:
        made[name] = []
    return made


@functools.cache
def catalog() -> dict[str, Any]:
    """Returns the table compiled from Clio's specification."""
    loaded: dict[str, Any] = json.loads((files("clio_sandbox") / "catalog.json").read_text(encoding="utf-8"))
    return loaded


def fields_of(record: str) -> dict[str, Field]:
    """Returns a record's fields with their types, in the catalogue's form."""
    fields: dict[str, Field] = catalog()["records"][record]
    return fields


def collections() -> dict[str, str]:
    """Returns every path that holds records, with its record's name; `.../{id}` show paths left out."""
    return {
        path: endpoint["record"]
        for path, endpoint in catalog()["endpoints"].items()
        if endpoint["many"] or not path.endswith("{id}")
    }


@functools.cache
def collection_of(record: str) -> str | None:
    """Returns the collection whose records appear nested under this record name, if there is one."""
    return _NESTED_UNDER.get(record) or _homes().get(record.removesuffix("_base"))


# Nested names that differ from their collection's, and collections that exist twice.
_NESTED_UNDER = {
    "LinkedFolder_base": "folders",
    "Activity_Task_base": "tasks",
    "Activity_CalendarEntry_base": "calendar_entries",
    "Timer_base": "timer",
    "PolymorphicCustomRate_User_base": "users",
    "PolymorphicCustomRate_Group_base": "groups",
    "PolymorphicCustomRate_ActivityDescription_base": "activity_descriptions",
    "BillableMatter_base": "billable_matters",
    "User_base": "users",
}


@functools.cache
def _homes() -> dict[str, str]:
    homes: dict[str, str] = {}
    for path, record in collections().items():
        homes.setdefault(record, path)
    return homes


@functools.cache
def _template(record: str) -> tuple[Record, tuple[str, ...]]:
    fields = fields_of(record)
    lists = tuple(name for name, kind in fields.items() if isinstance(kind, dict) and "list" in kind)
    return {name: False if kind == "boolean" else None for name, kind in fields.items()}, lists
