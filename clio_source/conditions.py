"""One condition of a REPLICATE statement: a column, a comparison, values; as rows and as Clio see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import yaml
from sqlglot import exp

from .collection import Collection
from .errors import ConfigurationError
from .layout import ARROW_TYPES, Column, tables_of

_COMPARISONS: Mapping[type[exp.Expression], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


@dataclass(frozen=True)
class Condition:
    """`column comparison value`; `in` has several values, `is null` and `is not null` none."""

    text: str
    column: str
    comparison: str
    values: tuple[Any, ...]
    type: pa.DataType

    def __str__(self) -> str:
        return self.text

    @property
    def expression(self) -> pc.Expression:
        """What rows have to fulfil; null fulfils nothing but `is null`, as in SQL."""
        column = pc.field(self.column)
        if self.comparison == "is null":
            return column.is_null()
        if self.comparison == "is not null":
            return column.is_valid()
        if self.comparison == "in":
            return column.isin(pa.array(self.values, self.type))
        value = pa.scalar(self.values[0], self.type)
        operators = {
            "=": column == value,
            "<>": column != value,
            ">": column > value,
            ">=": column >= value,
            "<": column < value,
            "<=": column <= value,
        }
        return cast("pc.Expression", operators[self.comparison])

    def starts(self, collection: Collection) -> bool:
        """True for `updated_at > …`, which is where a first sweep begins."""
        return self.column == collection.cursor and self.comparison in (">", ">=")

    @property
    def since(self) -> str:
        """The time as Clio takes it; whether a record of that very second comes is not documented."""
        moment: datetime = self.values[0] - timedelta(seconds=1)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_condition(text: str, collection: Collection, node: exp.Expression) -> Condition:
    """Returns the condition that a part of WHERE is; raises ConfigurationError where it is none."""
    comparison, column, values = _parts(node)
    if column is None:
        raise _refused(text, node, "compare one column with values; join comparisons with AND")
    known = {c.name: c for c in tables_of(collection)[collection.name].columns if c.declared}
    name = column.name.lower()
    if name not in known:
        raise _refused(text, node, f"{collection.name} has no such column of its own")
    return Condition(
        text=node.sql(),
        column=name,
        comparison=comparison,
        values=tuple(_value(text, node, known[name], value) for value in values),
        type=known[name].type,
    )


def parameters_of(collection: Collection, condition: Condition) -> dict[str, str]:
    """Returns the query parameter by which Clio leaves out what the condition does, if it has one."""
    if condition.comparison == "=":
        told = _known()["equal"].get(collection.name, {}).get(condition.column)
        value = condition.values[0]
        if isinstance(told, Mapping):
            return {told["parameter"]: told["values"][value]} if value in told["values"] else {}
        return {told: str(value).lower() if isinstance(value, bool) else str(value)} if told else {}
    if condition.column == "created_at" and condition.comparison in (">", ">=") and collection.cursor:
        return {"created_since": condition.since}
    for comparisons, side, days in (((">", ">="), "from", -1), (("<", "<="), "to", 1)):
        told = _known()[side].get(collection.name, {}).get(condition.column)
        if told and condition.comparison in comparisons:
            return {told: (condition.values[0] + timedelta(days=days)).isoformat()}
    return {}


@cache
def _known() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    text = (Path(__file__).parent / "filters.yaml").read_text(encoding="utf-8")
    return cast("Mapping[str, Mapping[str, Mapping[str, Any]]]", yaml.safe_load(text))


def _parts(node: exp.Expression) -> tuple[str, exp.Column | None, list[exp.Expression]]:
    if type(node) in _COMPARISONS:
        comparison = _COMPARISONS[type(node)]
        left, right = node.this, node.expression
        if isinstance(right, exp.Column):
            left, right, comparison = right, left, _MIRRORED.get(comparison, comparison)
        return comparison, left if isinstance(left, exp.Column) else None, [right]
    if isinstance(node, exp.In) and node.expressions:
        return "in", node.this if isinstance(node.this, exp.Column) else None, node.expressions
    negated = isinstance(node, exp.Not)
    inner = node.this if negated else node
    if (
        isinstance(inner, exp.Is)
        and isinstance(inner.expression, exp.Null)
        and isinstance(inner.this, exp.Column)
    ):
        return "is not null" if negated else "is null", inner.this, []
    return "", None, []


def _value(text: str, node: exp.Expression, column: Column, value: exp.Expression) -> Any:
    declared = column.declared
    told = value.sql() if isinstance(value, exp.Neg) else value.name
    literal = isinstance(value, exp.Literal | exp.Boolean | exp.Neg)
    try:
        if not literal or declared is None:
            raise ValueError
        if column.type == ARROW_TYPES["timestamp"]:
            moment = datetime.fromisoformat(told)
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        if column.type == ARROW_TYPES["date"]:
            return date.fromisoformat(told)
        if column.type == ARROW_TYPES["boolean"]:
            return {"true": True, "false": False}[value.sql().strip("'").lower()]
        if column.type == ARROW_TYPES["integer"]:
            return int(told)
        if column.type == ARROW_TYPES["money"]:
            return pa.scalar(Decimal(told), column.type).as_py()
    except (ValueError, ArithmeticError, KeyError):
        kind = declared.type if declared else "value"
        raise _refused(text, node, f"{column.name} is a {kind}, and a plain one is due") from None
    if declared.values and told not in declared.values:
        raise _refused(text, node, f"{column.name} is one of {', '.join(declared.values)}")
    return told


def _refused(text: str, node: exp.Expression, why: str) -> ConfigurationError:
    shown = " ".join(text.split())
    return ConfigurationError(
        f"Statement `{shown[:80]}`",
        f"`{node.sql()}` cannot be a condition.",
        f"{why[0].upper()}{why[1:]}.",
        "Leave it out, and do it in a view on the loaded table.",
    )
