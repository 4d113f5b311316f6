"""Orders of a list other than by id: ``date(asc)``, ``user.name(desc)``."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from clio_sandbox.errors import not_imitated
from clio_sandbox.firm import Id, Record


def ordered(
    ids: Sequence[Id], table: dict[Id, Record], order: str, resolve: Callable[[object], object]
) -> list[Id]:
    """Returns ids in an order; equal ones by id, records without the value last (first when descending)."""
    name, _, direction = order.removesuffix(")").partition("(")
    if name == "id":
        return list(ids) if direction == "asc" else list(reversed(ids))
    path = name.split(".")
    keys = {i: _key(_value(table[i], path, order, resolve)) for i in ids}
    return sorted(ids, key=keys.__getitem__, reverse=direction == "desc")


def _value(record: Record, path: list[str], order: str, resolve: Callable[[object], object]) -> object:
    value: object = record
    for step in path:
        value = resolve(value)
        if value is None:
            return None
        if not isinstance(value, dict) or step not in value:
            raise not_imitated(f"the order {order}")
        value = value[step]
    return value


def _key(value: object) -> tuple[int, str, Decimal, str]:
    if value is None:
        return 2, "", Decimal(0), ""
    if isinstance(value, int | Decimal):
        return 0, "", Decimal(value), ""
    moment = getattr(value, "timestamp", None)
    return (0, "", Decimal(moment()), "") if moment else (1, "", Decimal(0), str(value))
