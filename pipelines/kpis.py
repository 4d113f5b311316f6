"""The firm in a few figures, once its marts are built; the invented firm's are held against its own books."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import duckdb
from command import Books
from console import console
from marts import marts_schema

from clio_source.errors import ClioError

Figure = tuple[str, str]  # kpi, currency or none

_FORMATS = {"amount": "{:,.2f}", "hours": "{:,.1f} h", "rate": "{:.1%}", "days": "{:,.0f} days"}
_SUMMED = {"worked": "worked_billable", "cash_received": "collected", "billed": "billed"}

_KPIS = "select kpi, currency_key, unit, kpi_value from fct_kpis where kpi_value is not null order by all"
_TRUST_ACCOUNTS = """\
select bank_account_id, currency_code from stg_clio__bank_accounts where bank_account_type = 'Trust'"""


def show_kpis(database: Path, dataset: str, books: Books | None) -> None:
    """Prints the figures of the mart `fct_kpis`, beside the books' if there are any.

    Raises:
        ClioError: a figure is not what the books say.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(f"set schema = '{marts_schema(dataset)}'")
        kpis = connection.execute(_KPIS).fetchall()
        trust = dict(connection.execute(_TRUST_ACCOUNTS).fetchall())
    told = _totals(books, trust) if books else {}
    columns, rows = ["figure", "currency", "marts"], []
    for kpi, currency, unit, value in kpis:
        in_books = told.get((kpi, currency))
        rows.append((kpi, currency, _shown(value, unit), *([_shown(in_books, unit)] if books else [])))
    console.show_rows([*columns, "the firm's books"] if books else columns, rows)
    if books:
        _compare({(kpi, currency): value for kpi, currency, _, value in kpis}, told)


def _shown(value: Decimal | None, unit: str) -> str:
    return "" if value is None else _FORMATS[unit].format(value)


def _compare(marts: Mapping[Figure, Decimal], told: Mapping[Figure, Decimal]) -> None:
    in_books = {kpi for kpi, _ in told}
    asked = told.keys() | {figure for figure in marts if figure[0] in in_books}
    differing = sorted(figure for figure in asked if marts.get(figure, 0) != told.get(figure, 0))
    if differing:
        raise _disagreement(differing)
    console.say(f"The marts and the firm's own books agree to the cent, in {len(asked)} figures.")


def _totals(books: Books, trust: Mapping[int, str]) -> dict[Figure, Decimal]:
    """The figures as the books have them; those that are zero are left out, as in the books."""
    totals: dict[Figure, Decimal] = defaultdict(Decimal)
    for kpi, currency, amount in (*_read_balances(books, trust), *_read_months(books)):
        totals[kpi, currency] += Decimal(amount)
    return {figure: total for figure, total in totals.items() if total}


def _read_balances(books: Books, trust: Mapping[int, str]) -> Iterator[tuple[str, str, str]]:
    for currency, receivable in books["receivable"].items():
        yield "receivables", currency, receivable["total"]
    for currency, stages in books["wip"].items():
        for kinds in stages.values():
            yield from ((f"wip_{kind}", currency, amount) for kind, amount in kinds.items())
    for account, balance in books["bank_accounts"].items():
        if int(account) in trust:
            yield "trust_held", trust[int(account)], balance


def _read_months(books: Books) -> Iterator[tuple[str, str, str]]:
    for part, kpi in _SUMMED.items():
        for currency, months in books[part].items():
            for what, amount in (item for month in months.values() for item in month.items()):
                if "discount" in what:
                    yield kpi, currency, f"-{amount}"
                elif part != "billed" or what in ("fees", "expenses"):
                    yield kpi, currency, amount
    for months in books["hours"].values():
        for month in months.values():
            yield from ((f"hours_{kind}", "none", hours) for kind, hours in month.items())


def _disagreement(figures: list[Figure]) -> ClioError:
    named = ", ".join(f"{kpi} ({currency})" for kpi, currency in figures)
    return ClioError(
        "Marts against the firm's own books",
        f"they differ in {named}.",
        "Records were deleted since they were loaded, or a mart is wrong.",
        "Run again with --deletions; if it stays, please report it.",
    )
