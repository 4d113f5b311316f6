"""What a token's user may not see, and what an older API version shows otherwise.

Clio 4.0.8: hours of other people's time entries come as null with ``quantity_redacted``, wherever a time
entry is shown. Seen on real accounts: custom field values stripped to their id. Clio up to 4.0.3: the
quantity of a time entry is in hours, not seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from clio_sandbox.fields import Rewrite, Row
from clio_sandbox.filters import ids_of

HIDDEN_HOURS = (
    "quantity",
    "rounded_quantity",
    "quantity_in_hours",
    "rounded_quantity_in_hours",
    "total",
    "non_billable_total",
)


@dataclass(slots=True)
class Redaction:
    """The firm's visibility settings, as they apply to the token's user."""

    hours: Literal["none", "others", "all"] = "none"
    custom_field_values: bool = False


def rewrites(redaction: Redaction, whoami_id: int, version: tuple[int, ...]) -> dict[str, Rewrite]:
    """Returns what to do to rendered rows, by record name; nothing when all is shown as it is."""
    found: dict[str, Rewrite] = {}
    steps: list[Rewrite] = []
    if version <= (4, 0, 3):
        steps.append(_hours_as_quantity)
    if redaction.hours != "none":
        own = whoami_id if redaction.hours == "others" else None
        steps.append(lambda record, row: _hide_hours(record, row, own))
    if steps:
        found["Activity"] = lambda record, row: _all(steps, record, row)
    if redaction.custom_field_values:
        found["CustomFieldValue"] = _strip
    return found


def _all(steps: list[Rewrite], record: Mapping[str, object], row: Row) -> None:
    for step in steps:
        step(record, row)


def _hide_hours(record: Mapping[str, object], row: Row, own: int | None) -> None:
    if record.get("type") != "TimeEntry" or (own is not None and own in ids_of(record.get("user"))):
        return
    for name in HIDDEN_HOURS:
        if name in row:
            row[name] = None
    if "quantity_redacted" in row:
        row["quantity_redacted"] = True


def _hours_as_quantity(record: Mapping[str, object], row: Row) -> None:
    if "quantity" in row and record.get("type") == "TimeEntry":
        row["quantity"] = record.get("quantity_in_hours")


def _strip(record: Mapping[str, object], row: Row) -> None:
    for name in row:
        if name != "id":
            row[name] = None
