"""Invented replies to a declaration: records that fit it, records that do not, and every way to write them.

A value is JSON as Python has it, but numbers stand as the digits that go over the wire.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from hypothesis import strategies as st

from clio_source.collection import Collection, Field, List, Object, Scalar


@dataclass(frozen=True)
class Digits:
    """A JSON number as it is written."""

    text: str


Json = None | bool | str | Digits | list["Json"] | dict[str, "Json"]
Record = dict[str, Json]

ABSENT = Digits("absent")  # stands for a key that is left out

TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", "null", "12.50", 'say "x"', "a\\b", "\x00", "\u2028", "Zoë 👩‍⚖️", "line\r\nbreak", "{}", "é" * 40]
    ),
)
WHOLES = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(str), st.sampled_from(["0", "-0", "1.0", "1e3", "2400000001"])
)
AMOUNTS = st.one_of(
    st.decimals(-(10**29) + 1, 10**29 - 1, places=9, allow_nan=False).map(lambda number: f"{number:f}"),
    st.decimals(-1000, 1000, places=2, allow_nan=False).map(str),
    st.sampled_from(
        ["0.1", "-0.0", "1E+2", "1.5e1", "10.10", "12345678901234567890123456789.123456789", "2.50000000000"]
    ),
)
DATES = st.dates().map(str)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.tuples(st.dates(date(1, 1, 2), date(9999, 12, 30)), st.times(timezones=ZONES)).map(
    lambda parts: datetime.combine(*parts).isoformat().replace("+00:00", "Z")
)

# What no declaration expects; some of it fits some types all the same.
JUNK: list[Json] = [
    *["abc", "", "7", "12,50", "1_000", " 7", "NaN", "2026-13-01", "yes", "\ud800 half", "{"],
    *["2026-06-30T12:00:00", "2026-06-30", "2026-06-30T12:00:00.1234567Z", "0000-01-01T00:00:00Z"],
    *map(Digits, ["1", "-1", "1.5", "1e-10", "1e400", "9223372036854775808", "0.1234567891", "9" * 39]),
    True,
    False,
    {"a": Digits("1.10")},
    {"a": {"b": [None, "é"]}},
    {},
    [Digits("1"), "x"],
    ["\udc00"],
]
NO_RECORDS: Sequence[Json] = ("abc", "", Digits("0"), True, False, [Digits("1")], [])


def fitting(declared: Field) -> st.SearchStrategy[Json]:
    """Values of the declared type."""
    if isinstance(declared, Object):
        return st.one_of(st.none(), objects(declared, misfits=False))
    if isinstance(declared, List):
        return st.one_of(st.none(), st.lists(fitting(declared.item), max_size=3))
    kinds: dict[str, st.SearchStrategy[Json]] = {
        "text": st.sampled_from(declared.values) if declared.values else TEXTS,
        "integer": WHOLES.map(Digits),
        "money": AMOUNTS.map(Digits),
        "number": AMOUNTS.map(Digits),
        "boolean": st.booleans(),
        "date": DATES,
        "timestamp": MOMENTS,
    }
    return st.one_of(st.none(), kinds[declared.type], kinds[declared.type])


def anything(declared: Field) -> st.SearchStrategy[Json]:
    """Values of the declared type, and others."""
    junk = st.sampled_from(JUNK)
    if isinstance(declared, Scalar):
        return st.one_of(fitting(declared), junk)
    if isinstance(declared, Object):
        return st.one_of(fitting(declared), objects(declared, misfits=True), junk)
    rows = st.lists(anything(declared.item), max_size=3)
    if isinstance(declared.item, Object):
        rows = st.lists(st.one_of(st.none(), objects(declared.item, misfits=True)), max_size=3)
        broken = st.tuples(st.sampled_from(NO_RECORDS), rows).map(lambda pair: [pair[0], *pair[1]])
        return st.one_of(
            fitting(declared), rows, broken, junk.filter(lambda value: not isinstance(value, list))
        )
    return st.one_of(fitting(declared), rows, junk)


@st.composite
def objects(draw: st.DrawFn, declared: Object, *, misfits: bool) -> Record:
    """Records with their keys in any order, some left out, some more than declared."""
    of = anything if misfits else fitting
    row = {name: draw(st.one_of(of(f), of(f), of(f), st.just(ABSENT))) for name, f in declared}
    row = {name: value for name, value in row.items() if value is not ABSENT}
    if draw(st.booleans()):
        row = {"more": draw(st.sampled_from(JUNK)), **dict(reversed(row.items()))}
    return row


@st.composite
def pages(
    draw: st.DrawFn, collection: Collection, *, misfits: bool, first_id: int = 1, fewest: int = 0
) -> list[Record]:
    """The records of one page, with ids that rise and are unique."""
    rows = draw(st.lists(objects(collection.fields, misfits=misfits), min_size=fewest, max_size=3))
    key = collection.fields.fields["id"]
    for number, row in enumerate(rows, start=2_400_000_000 + first_id):
        whole = isinstance(key, Scalar) and key.type == "integer"
        row["id"] = Digits(str(number)) if whole else f"text_line-{number}"
    return rows


def write(records: list[Record], style: int = 0) -> bytes:
    """Returns a reply with these records, written compactly, escaped or spread over lines."""
    gap, ascii_only = ("", " ", "\n\t", "\r\n  ")[style % 4], style % 2 == 1
    envelope: Record = {"data": list(records), "meta": {"paging": {"next": "http://127.0.0.1/next?a=]"}}}
    if style % 3 == 2:
        envelope = dict(reversed(envelope.items()))
    return _written(envelope, gap, ascii_only).encode("utf-8", "strict")


def _written(value: Json, gap: str, ascii_only: bool) -> str:
    if isinstance(value, Digits):
        return value.text
    if isinstance(value, list):
        return "[" + gap + f",{gap}".join(_written(item, gap, ascii_only) for item in value) + gap + "]"
    if isinstance(value, dict):
        pairs = (
            f"{_written(k, '', ascii_only)}:{gap}{_written(v, gap, ascii_only)}" for k, v in value.items()
        )
        return "{" + gap + f",{gap}".join(pairs) + gap + "}"
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        ascii_only = True  # half of a surrogate pair cannot be written otherwise
    return json.dumps(value, ensure_ascii=ascii_only)
