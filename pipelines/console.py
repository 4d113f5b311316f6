"""What the commands show a person: progress, a summary, and errors without a traceback."""

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

from failures import EXPECTED, code_of, keep_dlt_quiet, meaning_of
from result import Part, Result
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from clio_source.errors import ClioError
from clio_source.plan import Estimate
from clio_source.receipt import Receipt
from clio_source.throttle import Throttle

_CLIO_REQUESTS_PER_MINUTE = 50  # at busy hours; Clio, rate limits
_UNLIMITED = 100_000  # what a local Clio without a limit says is more
_WIDE_ENOUGH = 200
_ALIKE = 3  # so many reasons that are the same are told one by one
_SHOWN = 12  # collections in the summary; the rest is one line


class _Terminal:
    """Results go to standard output, progress and errors to standard error."""

    def __init__(self) -> None:
        # In a log a name that is cut short helps nobody; a terminal is as wide as it is.
        width = None if sys.stdout.isatty() else _WIDE_ENOUGH
        self._out = Console(highlight=False, soft_wrap=True, width=width)
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        self._out.print(text, markup=False)

    def guard(self, action: Callable[[], int]) -> int:
        """Runs the action; returns its exit code, or tells what went wrong and returns that one."""
        try:
            keep_dlt_quiet()
            return action()
        except EXPECTED as failure:
            error = meaning_of(failure)
            self.fail(error)
            return code_of(error)
        except KeyboardInterrupt:
            self._err.print("Stopped. What is loaded stays; the next run goes on from there.")
            return 1

    @contextmanager
    def progress(
        self, collections: int, throttle: Throttle, *, shown: bool
    ) -> Iterator[Callable[[Receipt], None]]:
        """Shows how far the collections are; yields what to call after each page."""
        if not shown:
            yield lambda _: None
            return
        columns = [
            SpinnerColumn(),
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[done]}"),
            TimeElapsedColumn(),
        ]
        with Progress(*columns, console=self._err, transient=True) as progress:
            yield _Board(progress, collections, throttle).watch

    def show_receipts(self, receipts: list[Receipt], seconds: float) -> None:
        """Prints the largest collections, what is missing and why, then surprises."""
        told = sorted((r for r in receipts if r.rows), key=lambda r: -r.rows)[:_SHOWN]
        told += [r for r in receipts if r.outcome != "complete" and r not in told]
        others = [r for r in receipts if r not in told]
        table = Table("collection", box=None, pad_edge=False)
        for column in ("new", "changed", "requests", "seconds"):
            table.add_column(column, justify="right")
        for receipt in told:
            table.add_row(receipt.collection, *_figures([receipt], receipt.seconds))
        if told and others:
            table.add_row(f"{len(others)} others", *_figures(others, sum(r.seconds for r in others)))
        table.add_section()
        table.add_row(_count(receipts, "collection"), *_figures(receipts, seconds))
        self._out.print(table)
        for why in _reasons(receipts):
            self._out.print(f"\n{why}", markup=False)
        for surprise in (s for r in receipts for s in r.list_surprises()):
            self._out.print(f"surprise: {surprise}", markup=False)

    def show_results(self, results: list[Result], seconds: float) -> None:
        """Prints a line for each firm, then what is missing and why."""
        table = Table(box=None, pad_edge=False)
        for column in ("account", "outcome"):
            table.add_column(column, overflow="fold")
        for column in ("new", "changed", "requests", "seconds"):
            table.add_column(column, justify="right")
        for result in results:
            table.add_row(result.account, result.outcome, *_figures(result.parts, result.seconds))
        table.add_section()
        parts = [part for result in results for part in result.parts]
        complete = sum(result.code == 0 for result in results)
        told = f"{complete} of {len(results)} complete"
        table.add_row(_count(results, "account"), told, *_figures(parts, seconds))
        self._out.print(table)
        for result in results:
            for why in ([result.error] if result.error else []) + _reasons(result.parts):
                self._out.print(f"\n{result.account}: {why}", markup=False)
            if drift := [part.collection for part in result.parts if part.drift]:
                self._out.print(f"surprise: {result.account}, {', '.join(drift)}", markup=False)

    def show_plan(self, estimates: Iterable[Estimate], throttle: Throttle) -> None:
        """Prints what a run would cost, collection by collection as they are counted."""
        table = Table("collection", box=None, pad_edge=False)
        for column in ("requests", "minutes", "how sure"):
            table.add_column(column, justify="right")
        counted = list(estimates)
        told = throttle.budget.limit if throttle.budget else _UNLIMITED
        per_minute = told if told < _UNLIMITED else _CLIO_REQUESTS_PER_MINUTE
        for e in sorted(counted, key=lambda e: -e.requests)[:_SHOWN]:
            table.add_row(e.collection, f"{e.requests:,}", f"{e.requests / per_minute:.1f}", e.certainty)
        rest = sum(e.requests for e in sorted(counted, key=lambda e: -e.requests)[_SHOWN:])
        if rest:
            table.add_row(f"{len(counted) - _SHOWN} others", f"{rest:,}", f"{rest / per_minute:.1f}", "")
        total = sum(e.requests for e in counted)
        sure = "exact" if {e.certainty for e in counted} <= {"exact", "forbidden"} else "about"
        table.add_section()
        table.add_row(_count(counted, "collection"), f"{total:,}", f"{total / per_minute:.1f}", sure)
        self._out.print(table)
        self._out.print(f"At {per_minute} requests a minute. Nothing was loaded.")

    def show_rows(self, columns: list[str], rows: list[tuple[object, ...]]) -> None:
        """Prints the answer to a query."""
        table = Table(*columns)
        for row in rows:
            table.add_row(*(f"{v:,.2f}" if isinstance(v, Decimal) else str(v) for v in row))
        self._out.print(table)

    def fail(self, error: ClioError) -> None:
        """Prints an error."""
        self._err.print(str(error), markup=False)


console = _Terminal()


class _Board:
    """A bar for the whole run and a line for each collection that is being read."""

    def __init__(self, progress: Progress, collections: int, throttle: Throttle) -> None:
        self._progress, self._throttle = progress, throttle
        self._lines: dict[str, TaskID] = {}
        self._whole = progress.add_task("collections", total=collections, done="")

    def watch(self, receipt: Receipt) -> None:
        line = self._lines.get(receipt.collection)
        if receipt.outcome == "reading":
            if line is None:
                line = self._progress.add_task(receipt.collection, total=None, done="")
                self._lines[receipt.collection] = line
            self._progress.update(line, done=f"{receipt.rows:,} rows, {receipt.pages:,} pages")
        else:
            if line is not None:
                self._progress.remove_task(self._lines.pop(receipt.collection))
            self._progress.advance(self._whole)
        self._progress.update(self._whole, done=self._budget())

    def _budget(self) -> str:
        """The rate budget, and the least time that the collections still to come will take."""
        whole = next(task for task in self._progress.tasks if task.id == self._whole)
        to_come = int((whole.total or 0) - whole.completed)
        told = f"{whole.completed:.0f} of {whole.total:.0f}"
        budget = self._throttle.budget
        if budget is None:
            return told
        told += f", {budget.left} of {budget.limit} requests left for {budget.seconds:.0f} s"
        windows = math.ceil(max(0, to_come - budget.left) / budget.limit)
        least = budget.seconds + 60 * (windows - 1) if windows else 0
        return told + (f", at least {timedelta(seconds=round(least))} to go" if least else "")


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'s' * (len(things) != 1)}"


def _reasons(parts: Sequence[Receipt | Part]) -> list[str]:
    """Returns why collections are not complete; what holds for many of them is said once."""
    alike: dict[tuple[str, str], list[Receipt | Part]] = {}
    for part in parts:
        if part.outcome != "complete":
            alike.setdefault((part.outcome, part.why.partition(": ")[2]), []).append(part)
    return [
        line
        for (outcome, reason), some in alike.items()
        for line in (
            dict.fromkeys(f"{outcome}: {part.why}" for part in some)
            if len(some) <= _ALIKE
            else (f"{outcome}: {len(some)} collections, {_first(some)}: {reason}",)
        )
    ]


def _first(parts: Sequence[Receipt | Part]) -> str:
    names = [part.collection for part in parts]
    more = f" and {len(names) - _SHOWN} others" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _figures(receipts: Sequence[Receipt | Part], seconds: float) -> tuple[str, str, str, str]:
    new, changed = sum(r.rows_new for r in receipts), sum(r.rows_changed for r in receipts)
    return f"{new:,}", f"{changed:,}", f"{sum(r.requests for r in receipts):,}", f"{seconds:.1f}"
