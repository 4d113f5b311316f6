"""A firm that is loaded and built week by week: what was answered on each day is answered so at the end."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.contracts.graph.manifest import Manifest
from kpis import show_kpis

from clio_sandbox import Sandbox

from ..conftest import Warehouse
from .books import differences
from .conftest import Marts, build, run_dbt

pytestmark = pytest.mark.xdist_group("past_days")

WEEKS = 5
Answers = Mapping[str, list[tuple[Any, ...]]]

# Of a bill over several matters a past day does not know which of them had paid.
QUESTIONS = {
    "fct_receivables_aging": """
        select as_of_date, bill_id, client_id, currency_code, max(days_overdue), max(age_bucket),
            sum(balance_amount), sum(interest_balance_amount)
        from fct_receivables_aging group by all""",
    "fct_wip_aging": "from fct_wip_aging",
    "fct_trust_monthly": """
        select bank_account_id, client_key, matter_key, currency_code, month_date,
            closing_balance_as_reported_amount
        from fct_trust_monthly where closing_balance_as_reported_amount <> 0""",
    "fct_receivables_monthly": """
        select client_key, matter_key, currency_code, month_date, receivable_as_reported_amount
        from fct_receivables_monthly where receivable_as_reported_amount <> 0""",
    "fct_wip_monthly": """
        select matter_id, kind, currency_code, month_date, wip_as_reported_amount
        from fct_wip_monthly where wip_as_reported_amount <> 0""",
}

# What was known before and is otherwise today: without it a past day would be easy.
TAKEN_BACK = """
    select 'a voided payment' from int_receivables__events where event_type = 'payment_voided' and {later}
    union select 'a deleted entry' from int_wip__events where event_type = 'deleted' and {later}
    union select 'work given up' from int_wip__events where event_type = 'written_off' and {later}
    union select 'a bill that was issued' from int_wip__events where event_type = 'billed' and {later}
    union select 'money from trust' from int_trust__events where amount < 0 and {later}"""


@dataclass(frozen=True)
class Weeks:
    """What the marts answered on each day, and what they say of that day at the end."""

    marts: Marts
    then: Mapping[str, Answers]
    now: Mapping[str, Answers]


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Weeks:
    warehouse, then = Warehouse(tmp_path_factory.mktemp("weeks")), {}
    manifest = run_dbt(warehouse, "parse").result
    assert isinstance(manifest, Manifest)
    models = [f"+{mart}" for mart in QUESTIONS]
    with Sandbox("small", seed=2) as clio:
        for week in range(WEEKS):
            if week:
                clio.control.advance(7)
            warehouse.sync(clio, deletions=True)
            asked = ("--select", *models, "--exclude", "test_type:unit", "--indirect-selection", "cautious")
            _succeed(warehouse, "build", *asked, manifest=manifest)
            then[clio.firm.now.date().isoformat()] = _answers(warehouse)
        ledger = json.loads(json.dumps(clio.control.ledger(), default=str))
    now = {}
    for day in then:
        asked = ("--select", "int_accounts__as_of", "int_trust__monthly", *QUESTIONS)
        _succeed(warehouse, "run", *asked, manifest=manifest, variables={"clio_as_of_date": day})
        now[day] = _answers(warehouse)
    return Weeks(Marts(warehouse, ledger), then, now)


def _succeed(warehouse: Warehouse, command: str, *arguments: str, **options: Any) -> None:
    result = run_dbt(warehouse, command, *arguments, **options)
    assert isinstance(result.result, RunExecutionResult), result.exception
    assert result.success, [f"{r.node.name}: {r.message}" for r in result.result if r.message]


def _answers(warehouse: Warehouse) -> Answers:
    with duckdb.connect(str(warehouse.file), read_only=True) as connection:
        connection.execute("use clio_marts")
        return {
            mart: connection.execute(f"from ({question}) order by all").fetchall()
            for mart, question in QUESTIONS.items()
        }


@pytest.mark.parametrize("mart", QUESTIONS)
def test_a_past_day_is_answered_as_it_was_on_that_day(weeks: Weeks, mart: str) -> None:
    assert len(weeks.then) == WEEKS
    for day, answers in weeks.then.items():
        assert answers[mart]
        assert weeks.now[day][mart] == answers[mart], day
    assert len({str(answers[mart]) for answers in weeks.then.values()}) == WEEKS


def test_much_was_taken_back_in_between(weeks: Weeks) -> None:
    later = f"known_date > date '{min(weeks.then)}'"
    with weeks.marts.connect() as connection:
        connection.execute("use clio_marts")
        assert len(connection.execute(TAKEN_BACK.format(later=later)).fetchall()) == 5


def test_after_all_weeks_the_ledgers_equal_the_firms_own_books(weeks: Weeks) -> None:
    build(weeks.marts.warehouse, "--exclude", "test_type:unit")
    assert differences(weeks.marts, weeks.marts.ledger) == {}
    show_kpis(weeks.marts.warehouse.file, "clio", weeks.marts.ledger)  # raises if a figure is not the books'
