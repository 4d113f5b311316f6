"""REPLICATE statements, as CData Sync has them, compiled to collections.

::

    REPLICATE Bills;
    REPLICATE PROD.Bills SELECT id, total, client__name FROM Bills WHERE created_at > '2025-01-01';
    REPLICATE PROD_Bills SELECT * FROM Bills WHERE state = 'awaiting_payment';

Columns become Clio's `fields`. A condition becomes a parameter where Clio has one, and is checked on the
rows as well. A schema or prefix before the table becomes the dataset: tables keep their names, which
marts rely on. What a record is today may differ tomorrow, so with a condition on anything but `id`,
`created_at` and the start of `updated_at` the list is read whole each time, and what no longer fits leaves
the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from types import MappingProxyType

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType  # type: ignore[attr-defined,unused-ignore]  # moved in 29

from .collection import Collection, load_collections
from .conditions import Condition, parameters_of, read_condition
from .errors import ConfigurationError
from .fields import Field, List, Object, Scalar
from .layout import tables_of


@dataclass(frozen=True)
class Statement:
    """One statement: what to read, and where it goes; None is the dataset of the run."""

    text: str
    dataset: str | None
    collection: Collection
    notes: tuple[str, ...]


def read_statements(sql: str) -> tuple[Statement, ...]:
    """Returns the statements of a file.

    Raises:
        ConfigurationError: one of them cannot be done; the message says which and why.
    """
    found: list[Statement] = []
    for text, tokens in _split(sql):
        statement = _read(text, tokens)
        if any(
            (s.dataset, s.collection.name) == (statement.dataset, statement.collection.name) for s in found
        ):
            raise refused(text, f"{statement.collection.name} is replicated twice into one dataset")
        found.append(statement)
    return tuple(found)


def refused(
    text: str, why: str, remedy: str = "Leave it out, or do it in a view on the loaded table"
) -> Exception:
    """Returns the error for a statement that cannot be done."""
    shown = " ".join(text.split())
    return ConfigurationError(
        f"Statement `{shown[:80]}`", f"{why}.", "It cannot be replicated as written.", f"{remedy}."
    )


def _split(sql: str) -> Iterator[tuple[str, list[Token]]]:
    try:
        tokens = sqlglot.tokenize(sql)
    except SqlglotError:
        raise refused(sql, "it is not SQL: a quote is not closed", "Close it") from None
    part: list[Token] = []
    for token in [*tokens, None]:
        if token is not None and token.token_type != TokenType.SEMICOLON:
            part.append(token)
        elif part:
            yield sql[part[0].start : part[-1].end + 1], part
            part = []


def _read(text: str, tokens: list[Token]) -> Statement:
    if tokens[0].text.upper() != "REPLICATE" or len(tokens) < 2:
        raise refused(text, "it does not begin with REPLICATE and a table", "Write REPLICATE Bills;")
    names = [tokens[1].text]
    rest = tokens[2:]
    if len(rest) > 1 and rest[0].token_type == TokenType.DOT:
        names, rest = [names[0], rest[1].text], rest[2:]
    dataset, collection = _target(text, names)
    if not rest:
        return Statement(text, dataset, collection, ())
    if rest[0].token_type != TokenType.SELECT:
        raise refused(text, f"`{rest[0].text}` follows the table", "Only SELECT may follow")
    start = rest[0].start - tokens[0].start
    return _compile(text, dataset, collection, _parse(text, text[start:]))


def _target(text: str, names: list[str]) -> tuple[str | None, Collection]:
    """Returns the dataset and collection that `Bills`, `PROD.Bills` and `PROD_Bills` name."""
    if (collection := _find(names[-1])) is not None:
        return (names[0].lower() if len(names) == 2 else None), collection
    prefix, _, table = names[-1].partition("_")
    while table and len(names) == 1:
        if (collection := _find(table)) is not None:
            return prefix.lower(), collection
        more, _, table = table.partition("_")
        prefix = f"{prefix}_{more}"
    raise refused(text, f"there is no table `{names[-1]}`", "Take names from docs/collections.md")


def _find(name: str) -> Collection | None:
    """Finds `line_items` by LineItems and line_items alike."""
    plain = name.replace("_", "").lower()
    return next((c for n, c in load_collections().items() if n.replace("_", "") == plain), None)


def _parse(text: str, query: str) -> exp.Select:
    try:
        tree = sqlglot.parse_one(query)
    except SqlglotError:
        raise refused(text, "the SELECT cannot be read", "Check its spelling") from None
    if not isinstance(tree, exp.Select):
        raise refused(text, "it is not a single SELECT")
    allowed = {"expressions", "from_", "from", "where", "kind", "hint"}
    for part, value in tree.args.items():
        if value and part not in allowed:
            raise refused(text, f"{part.strip('_').upper()} cannot be asked of Clio")
    return tree


def _compile(text: str, dataset: str | None, collection: Collection, tree: exp.Select) -> Statement:
    source = tree.find(exp.From)
    table = source.this if source else None
    if not isinstance(table, exp.Table) or _find(table.name) is not collection or table.alias:
        raise refused(
            text,
            f"it does not select from {collection.name}",
            f"Select from {collection.name}, without an alias",
        )
    where = tree.args.get("where")
    conditions = [
        read_condition(text, collection, node) for node in _conjuncts(where.this if where else None)
    ]
    if conditions and collection.read_per:
        raise refused(text, f"{collection.name} is read per {collection.parent_singular}, without conditions")
    notes: list[str] = []
    chosen = _chosen(text, collection, tree)
    if chosen is not None:
        needed = {"id", *(condition.column for condition in conditions)}
        needed |= {collection.cursor} if collection.cursor else set()
        if added := sorted(needed - chosen):
            notes.append(f"{', '.join(added)} loaded too, to keep it up to date")
        collection = _narrowed(collection, chosen | needed)
    if conditions:
        collection = _conditioned(collection, conditions, notes)
    return Statement(text, dataset, replace(collection, statement=" ".join(text.split())), tuple(notes))


def _conjuncts(node: exp.Expression | None) -> Iterator[exp.Expression]:
    if isinstance(node, exp.And):
        yield from _conjuncts(node.args["this"])
        yield from _conjuncts(node.args["expression"])
    elif isinstance(node, exp.Paren):
        yield from _conjuncts(node.this)
    elif node is not None:
        yield node


def _chosen(text: str, collection: Collection, tree: exp.Select) -> set[str] | None:
    """Returns the selected columns and nested lists; None for all."""
    lists = {name.removeprefix(f"{collection.name}__") for name in list(tables_of(collection))[1:]}
    known = {c.name for c in tables_of(collection)[collection.name].columns if c.declared} | lists
    chosen: set[str] = set()
    for node in tree.expressions:
        if isinstance(node, exp.Star) and len(tree.expressions) == 1:
            return None
        if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
            raise refused(text, f"`{node.sql()}` is more than a column", "Select columns as they are")
        if (name := node.name.lower()) not in known:
            raise refused(text, f"{collection.name} has no column `{node.name}`", "See docs/collections.md")
        chosen.add(name)
    return chosen


def _narrowed(collection: Collection, chosen: set[str]) -> Collection:
    fields = _keep(collection.fields, chosen)
    gone = {column: told for column, told in collection.gone.items() if column in fields.fields}
    return replace(collection, fields=fields, gone=MappingProxyType(gone))


def _keep(declared: Object, chosen: set[str], prefix: str = "") -> Object:
    kept: dict[str, Field] = {}
    for name, field in declared:
        path = prefix + name
        if isinstance(field, Scalar | List):
            if path in chosen:
                kept[name] = field
        elif (inner := _keep(field, chosen, f"{path}__")).fields:
            kept[name] = inner
    return Object(MappingProxyType(kept))


def _conditioned(collection: Collection, conditions: list[Condition], notes: list[str]) -> Collection:
    parameters: dict[str, str] = {}
    start: str | None = None
    lasting = True
    for condition in conditions:
        if condition.starts(collection):
            start = max(start or "", condition.since)
            notes.append(f"`{condition}` is sent as updated_since")
            continue
        lasting = lasting and condition.column in ("id", "created_at")
        sent = parameters_of(collection, condition)
        clash = parameters.keys() & sent.keys()
        parameters |= {name: value for name, value in sent.items() if name not in clash}
        asked = ", ".join(sent.keys() - clash)
        notes.append(
            f"`{condition}` is sent as {asked}" if asked else f"`{condition}` is checked after reading"
        )
    if not lasting and collection.cursor:
        notes.append("read whole each time: a record that no longer fits leaves the table")
        collection = replace(
            collection, cursor=None, why="its condition may cease to hold", gone=MappingProxyType({})
        )
    return replace(
        collection,
        parameters=MappingProxyType({**collection.parameters, **parameters}),
        start_date=start,
        where=reduce(and_, (condition.expression for condition in conditions)),
    )
