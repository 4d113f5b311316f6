"""Where the declarations and Clio's specification differ, and which differences lose data.

A difference loses data when a request would be refused, or when rows or fields would stay behind unseen.
Everything else is news: worth knowing, nothing is missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .collection import CURSOR_ORDER, Collection, Field, List, Object, Scalar
from .openapi import (
    SpecEndpoint,
    SpecField,
    Specification,
    SpecList,
    SpecRecord,
    SpecScalar,
    base_name,
)

NOT_LOADED: Mapping[str, str] = {
    "billable_matters/ids": "the ids of billable_matters, which is loaded with all its fields",
    "folders/list": "folders and documents mixed, both loaded as collections of their own",
    "internal_notifications/my_events": "the notifications of the one user whose token is used",
}
"""List endpoints that are no collections, each with the reason."""

# Clio's other names for a record that some endpoint lists: who created a document is a user (or a user of
# the client portal), a linked folder is a folder.
_OTHER_NAMES = {"ClioCreator": "User", "LinkedFolder": "Folder"}

# Clio's types that a declared type holds without loss. Clio types some money as integer.
_FITTING = {
    "integer": {"integer"},
    "money": {"integer", "number"},
    "number": {"integer", "number"},
    "boolean": {"boolean"},
    "date": {"date"},
    "timestamp": {"timestamp"},
    "text": {"text", "date", "timestamp"},
}


@dataclass(frozen=True)
class Finding:
    """One difference: what it is and what to do about it."""

    collection: str
    what: str
    remedy: str
    loses_data: bool = True


def iter_findings(collections: Mapping[str, Collection], specification: Specification) -> Iterator[Finding]:
    """Yields every difference between the declarations and the specification."""
    declared = {collection.path for collection in collections.values()}
    for path in specification.lists.keys() - declared - NOT_LOADED.keys():
        remedy = "declare it as a collection, or give the reason why not in NOT_LOADED of drift.py"
        yield Finding(path, "Clio lists these records, and no collection loads them", remedy)
    for path in NOT_LOADED.keys() - specification.lists.keys():
        what = "Clio no longer has this endpoint, which was left out on purpose"
        yield Finding(path, what, "remove it from NOT_LOADED of drift.py", loses_data=False)
    for collection in collections.values():
        endpoint = specification.lists.get(collection.path)
        if endpoint is None:
            what = f"Clio no longer lists {collection.path}; asking for it is answered with 404"
            yield Finding(collection.name, what, "remove the collection, or correct its `path`")
        else:
            yield from _Comparison(collection, endpoint, specification.listed_records).findings()


@dataclass(frozen=True)
class _Comparison:
    """One collection held against its endpoint."""

    collection: Collection
    endpoint: SpecEndpoint
    listed_records: frozenset[str]

    def findings(self) -> Iterator[Finding]:
        yield from self._limit()
        yield from self._order()
        yield from self._cursor()
        yield from self._required()
        yield from self._sent()
        yield from self._object("", self.collection.fields, self.endpoint.record)
        yield from self._left_out()

    def _limit(self) -> Iterator[Finding]:
        parameter, ours = self.endpoint.parameters.get("limit"), self.collection.limit
        if parameter is None or parameter.largest is None:
            yield self._news("Clio does not say how large a page may be", "check `limit` by hand")
        elif parameter.largest < ours:
            what = f"we ask for pages of {ours}, Clio allows {parameter.largest}"
            yield self._loss(what, f"set `limit: {parameter.largest}`")
        elif parameter.largest > ours:
            what = f"Clio now allows pages of {parameter.largest}, we ask for {ours}"
            yield self._news(what, f"set `limit: {parameter.largest}` to spend fewer requests")

    def _order(self) -> Iterator[Finding]:
        parameter = self.endpoint.parameters.get("order")
        default = parameter.default if parameter else None
        offered = parameter is not None and CURSOR_ORDER in (parameter.values or (default,))
        if self.collection.order and not offered:
            what = f"we ask for order {CURSOR_ORDER}, which Clio does not offer here"
            yield self._loss(what, "set `order: none`")
        elif not self.collection.order and default not in (None, CURSOR_ORDER):
            remedy = "remove `order: none`" if offered else "read the collection in parts of fewer records"
            yield self._loss(f"left to itself Clio orders by {default} and stops at 10,000 records", remedy)
        elif not self.collection.order and offered:
            yield self._news(f"Clio now offers order {CURSOR_ORDER}", "remove `order: none`")

    def _cursor(self) -> Iterator[Finding]:
        offered = "updated_since" in self.endpoint.parameters
        if self.collection.cursor and not offered:
            what = "Clio no longer takes updated_since here"
            yield self._loss(what, "set `cursor: null` and say `why`; the collection is then read whole")
        elif self.collection.part_of:
            return  # records enter and leave this list unchanged, so it is read whole on purpose
        elif not self.collection.cursor and offered and "updated_at" in self.endpoint.record.fields:
            yield self._news("Clio now takes updated_since here", "set `cursor: updated_at`, remove `why`")

    def _required(self) -> Iterator[Finding]:
        for parameter in self.endpoint.parameters.values():
            asked = {part[parameter.name] for part in self.collection.parts if parameter.name in part}
            known = asked or parameter.name in self.collection.parameters
            if parameter.required and not known and parameter.name != self.collection.parent_parameter:
                what = f"Clio requires `{parameter.name}`, which we do not send"
                yield self._loss(what, "give it in `parameters`, or read the collection per value of it")
            missing = [v for v in parameter.values if v not in asked]
            if asked and missing:
                what = f"records with {parameter.name}={' or '.join(missing)} are never asked for"
                yield self._loss(what, f"add them to `{parameter.name}s`")

    def _sent(self) -> Iterator[Finding]:
        parent = self.collection.parent_parameter
        in_query = {parent} if parent and f"{{{parent}}}" not in self.collection.path else set()
        sent = {"fields", *self.collection.parameters, *self.collection.parts[0], *in_query}
        for name in sorted(sent - self.endpoint.parameters.keys()):
            what = f"we send `{name}`, which Clio does not know here"
            yield self._loss(what, "stop sending it: it may be answered with 400, or ignored")
        for part in self.collection.parts:
            for name, value in part.items():
                known = self.endpoint.parameters[name].values if name in self.endpoint.parameters else ()
                if known and value not in known:
                    yield self._loss(f"we ask for {name}={value}, which Clio does not know", "remove it")

    def _object(self, prefix: str, declared: Object, record: SpecRecord) -> Iterator[Finding]:
        given = record.fields
        for name in declared.fields.keys() - given.keys():
            what = f"we ask for `{prefix}{name}`, which Clio no longer has; the request is answered with 400"
            yield self._loss(what, "remove the field")
        for name in given.keys() - declared.fields.keys():
            if prefix + name not in self.collection.left_out and self._wanted(prefix, name, record):
                what = f"Clio has `{prefix}{name}` ({_describe(given[name])}), which is not declared"
                yield self._loss(what, "declare the field, or give the reason in `left_out`")
        for name, field in declared:
            if name in given:
                yield from self._field(prefix + name, field, given[name])

    def _wanted(self, prefix: str, name: str, record: SpecRecord) -> bool:
        """True for a field that must be declared: of a nested collection of its own, only the id."""
        if self.collection.part_of:
            return False
        depth, record_name = prefix.count("."), base_name(record.name)
        listed = _OTHER_NAMES.get(record_name, record_name) in self.listed_records
        return depth == 0 or (depth == 1 and not listed) or name == "id"

    def _field(self, name: str, declared: Field, given: SpecField) -> Iterator[Finding]:
        if isinstance(declared, List) and isinstance(given, SpecList):
            declared, given = declared.item, given.item
        if isinstance(declared, Scalar) and isinstance(given, SpecScalar):
            yield from self._scalar(name, declared, given)
        elif declared == Scalar("text") and isinstance(given, SpecRecord) and not given.fields:
            return  # a shape that Clio does not tell is kept as its text, whatever it is
        elif isinstance(declared, Object) and isinstance(given, SpecRecord):
            yield from self._nested(name, declared, given)
        else:
            what = f"`{name}` is declared as {_describe(declared)}, Clio has {_describe(given)}"
            yield self._loss(what, "declare it in the form that Clio gives")

    def _scalar(self, name: str, declared: Scalar, given: SpecScalar) -> Iterator[Finding]:
        if given.type not in _FITTING[declared.type]:
            what = f"`{name}` is declared as {declared.type}, Clio has {given.type}"
            yield self._loss(what, "correct its type")
        new = [value for value in given.values if value not in declared.values]
        if declared.values and new:
            yield self._news(f"`{name}` may now be {' or '.join(new)}", "add what is new to its values")

    def _nested(self, name: str, declared: Object, given: SpecRecord) -> Iterator[Finding]:
        if given.fields and name in self.collection.bare:
            what = f"Clio now tells what `{name}` holds"
            yield self._news(what, "take it out of `bare` and declare its fields")
        elif given.fields:
            yield from self._object(f"{name}.", declared, given)
        elif "." not in name and name not in self.collection.bare:
            what = f"Clio does not tell what `{name}` holds, so its fields cannot be asked for in braces"
            yield self._loss(what, "name it in `bare` and declare `{id: …}`")

    def _left_out(self) -> Iterator[Finding]:
        for name in self.collection.left_out:
            given: SpecField | None = self.endpoint.record
            for part in name.split("."):
                shape = given.item if isinstance(given, SpecList) else given
                given = shape.fields.get(part) if isinstance(shape, SpecRecord) else None
            if given is None:
                yield self._news(f"Clio no longer has `{name}`", "remove it from `left_out`")

    def _loss(self, what: str, remedy: str) -> Finding:
        return Finding(self.collection.name, what, remedy)

    def _news(self, what: str, remedy: str) -> Finding:
        return Finding(self.collection.name, what, remedy, loses_data=False)


def _describe(field: Field | SpecField) -> str:
    if isinstance(field, List | SpecList):
        return f"a list of {_describe(field.item)}"
    if isinstance(field, Object | SpecRecord):
        return "an object"
    return field.type
