"""The semantic layer, asked by MetricFlow in each warehouse's SQL: a metric says what its mart says."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlClient, SqlEngine
from metricflow.sql.render.big_query import BigQuerySqlPlanRenderer
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow.sql.render.snowflake import SnowflakeSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from ..conftest import Row, Warehouse
from .conftest import Marts, as_duckdb, run_dbt

Ask = Callable[..., list[Row]]

DIALECTS = {
    "duckdb": (SqlEngine.DUCKDB, DuckDbSqlPlanRenderer()),
    "bigquery": (SqlEngine.BIGQUERY, BigQuerySqlPlanRenderer()),
    "snowflake": (SqlEngine.SNOWFLAKE, SnowflakeSqlPlanRenderer()),
}
MONTH, CURRENCY = "metric_time__month", "currency"

_FEES = "clio_marts.fct_realisation_months where kind = 'fees'"
_BILLS = """(
    select *, date_trunc('month', issued_date)::date as month_date from clio_marts.fct_bills
    where bill_state = 'approved' and not is_trust_request
)"""
_PEOPLE = "(select *, null as currency_code from clio_marts.fct_timekeeper_months)"
_SEEN = "case when sum(redacted_entry_count) = 0 then {} end"

# What the mart says of each metric, by month and currency: an expression over its rows, and the rows.
FIGURES = {
    "hours_worked": ("sum(worked_hours)", _PEOPLE),
    "hours_billable": ("sum(billable_hours)", _PEOPLE),
    "hours_coded": ("sum(coded_hours)", _PEOPLE),
    "hours_hidden": ("sum(redacted_entry_count)", _PEOPLE),
    "hours_available": ("sum(available_hours)", _PEOPLE),
    "hours_untracked": ("sum(untracked_hours)", _PEOPLE),
    "hours_billable_of_months": ("sum(billable_hours)", _PEOPLE),
    "hours_hidden_of_months": ("sum(redacted_entry_count)", _PEOPLE),
    "utilisation_rate": (_SEEN.format("sum(billable_hours) / nullif(sum(available_hours), 0)"), _PEOPLE),
    "code_coverage_rate": (_SEEN.format("sum(coded_hours) / nullif(sum(billable_hours), 0)"), _PEOPLE),
    "work_billable": ("sum(billable_amount)", "clio_marts.fct_waterfall_months where date_axis = 'work'"),
    "fees_billable": ("sum(worked_billable_amount)", _FEES),
    "fees_billed_of_work": ("sum(worked_billed_amount)", _FEES),
    "fees_billed_gross_of_work": ("sum(worked_billed_gross_amount)", _FEES),
    "fees_collected_of_work": ("sum(worked_collected_amount)", _FEES),
    "fees_hidden": ("sum(redacted_entry_count)", _FEES),
    "fees_standard": ("sum(issued_standard_amount)", _FEES),
    "fees_billed_at_standard": ("sum(issued_rated_billed_amount)", _FEES),
    "fees_collected_at_standard": ("sum(issued_rated_collected_amount)", _FEES),
    "amount_billed": ("sum(issued_billed_amount)", "clio_marts.fct_realisation_months"),
    "amount_collected_of_bills": ("sum(issued_collected_amount)", "clio_marts.fct_realisation_months"),
    "tax_billed": ("sum(tax_amount + secondary_tax_amount)", _BILLS),
    "bills_issued": ("count(*)", _BILLS),
    "days_to_pay": ("avg(days_to_pay)", _BILLS),
    "cash_received": ("sum(originating_amount)", "clio_marts.fct_originations"),
    "receivables": ("sum(receivable_amount)", "clio_marts.fct_receivables_monthly"),
    "receivables_as_reported": ("sum(receivable_as_reported_amount)", "clio_marts.fct_receivables_monthly"),
    "wip": ("sum(wip_amount)", "clio_marts.fct_wip_monthly"),
    "wip_as_reported": ("sum(wip_as_reported_amount)", "clio_marts.fct_wip_monthly"),
    "trust_held": ("sum(closing_balance_amount)", "clio_marts.fct_trust_monthly"),
    "amount_written_off": ("sum(amount)", "clio_marts.fct_write_offs"),
    "lockup_wip": ("sum(wip_amount)", "clio_marts.fct_lockup"),
    "lockup_receivables": ("sum(receivable_amount)", "clio_marts.fct_lockup"),
    "lockup_cash": ("sum(trailing_cash_amount)", "clio_marts.fct_lockup"),
    "realisation_lockup_days": ("sum(realisation_lockup_trailing_days)", "clio_marts.fct_lockup"),
    "collection_lockup_days": ("sum(collection_lockup_trailing_days)", "clio_marts.fct_lockup"),
    "total_lockup_days": ("sum(total_lockup_trailing_days)", "clio_marts.fct_lockup"),
    "realisation_clio_rate": (
        _SEEN.format("sum(worked_billed_amount) / nullif(sum(worked_billable_amount), 0)"),
        _FEES,
    ),
    "realisation_clio_undiscounted_rate": (
        _SEEN.format("sum(worked_billed_gross_amount) / nullif(sum(worked_billable_amount), 0)"),
        _FEES,
    ),
    "realisation_standard_rate": (
        "sum(issued_rated_billed_amount) / nullif(sum(issued_standard_amount), 0)",
        _FEES,
    ),
    "overall_realisation_rate": (
        "sum(issued_rated_collected_amount) / nullif(sum(issued_standard_amount), 0)",
        _FEES,
    ),
    "collection_clio_rate": ("sum(worked_collected_amount) / nullif(sum(worked_billed_amount), 0)", _FEES),
    "collection_issue_rate": (
        "sum(issued_collected_amount) / nullif(sum(issued_billed_amount), 0)",
        "clio_marts.fct_realisation_months",
    ),
    "effective_rate_billed": (
        _SEEN.format("sum(worked_billed_amount) / nullif(sum(worked_hours), 0)"),
        "clio_marts.fct_effective_rates",
    ),
    "effective_rate_collected": (
        _SEEN.format("sum(worked_collected_amount) / nullif(sum(worked_hours), 0)"),
        "clio_marts.fct_effective_rates",
    ),
}


# The metrics that, asked for no month, say what `fct_kpis` says of today.
TODAY = {
    "receivables": ["receivables"],
    "wip": ["wip_fees", "wip_expenses"],
    "trust_held": ["trust_held"],
    "work_billable": ["worked_billable"],
    "amount_billed": ["billed"],
    "cash_received": ["collected"],
    "realisation_lockup_days": ["realisation_lockup"],
    "collection_lockup_days": ["collection_lockup"],
    "total_lockup_days": ["total_lockup"],
}


class Dialect:
    """As much of a client as MetricFlow needs to write SQL; it is run on the marts here."""

    def __init__(self, name: str) -> None:
        self.sql_engine_type, self.sql_plan_renderer = DIALECTS[name]

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        return f":{bind_parameter_key}"


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> SemanticManifestLookup:
    warehouse = Warehouse(tmp_path_factory.mktemp("semantic"))
    parsed = run_dbt(warehouse, "parse")
    assert parsed.exception is None, parsed.exception
    written = warehouse.file.parent / "target" / "semantic_manifest.json"
    return SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(written.read_text()))


@pytest.fixture(params=DIALECTS)
def ask(request: pytest.FixtureRequest, layer: SemanticManifestLookup, marts: Marts) -> Ask:
    """Gives what a query of MetricFlow, written in one of the dialects, finds in the marts."""
    dialect = request.param
    engine = MetricFlowEngine(layer, cast(SqlClient, Dialect(dialect)))

    def rows(**query: Any) -> list[Row]:
        written = engine.explain(MetricFlowQueryRequest.create(**query)).sql_statement.sql
        return marts.sql(as_duckdb(written, dialect))

    return rows


def figures(rows: Sequence[Row], by: Sequence[str], metric: str) -> dict[tuple[str, ...], float]:
    """Returns a metric's figures that are not nothing, to six digits, as rates have them."""
    found = {tuple(str(row[name])[:10] for name in by): row[metric] for row in rows}
    return {key: round(float(figure), 6) for key, figure in found.items() if figure}


def test_every_metric_says_by_month_and_currency_what_its_mart_says(
    ask: Ask, layer: SemanticManifestLookup, marts: Marts
) -> None:
    assert FIGURES.keys() == {metric.name for metric in layer.semantic_manifest.metrics}
    for metric, (value, rows) in FIGURES.items():
        by = [MONTH] if rows == _PEOPLE else [MONTH, CURRENCY]
        ours = ask(metric_names=[metric], group_by_names=by)
        theirs = marts.sql(
            f"select month_date as {MONTH}, currency_code as {CURRENCY}, {value} as figure "
            f"from {rows} group by 1, 2"
        )
        assert figures(ours, by, metric) == pytest.approx(figures(theirs, by, "figure"), abs=2e-6), metric


def test_without_a_month_a_metric_says_what_the_firm_is_told_of_today(ask: Ask, marts: Marts) -> None:
    for metric, kpis in TODAY.items():
        theirs = marts.sql(
            f"select currency_code as {CURRENCY}, sum(kpi_value) as figure from clio_marts.fct_kpis "
            f"where kpi in {(*kpis, '')} group by 1"
        )
        ours = ask(metric_names=[metric], group_by_names=[CURRENCY])
        assert figures(theirs, [CURRENCY], "figure"), metric
        assert figures(ours, [CURRENCY], metric) == figures(theirs, [CURRENCY], "figure"), metric


def test_a_metric_is_told_by_what_its_matters_clients_and_people_are(ask: Ask, marts: Marts) -> None:
    for metric, by in {
        "fees_billable": "timekeeper__user_name",
        "amount_billed": "matter__practice_area_name",
        "receivables": "client__client_name",
        "trust_held": "matter__status",
    }.items():
        rows = ask(metric_names=[metric], group_by_names=[by, CURRENCY])
        whole = ask(metric_names=[metric], group_by_names=[CURRENCY])
        assert len(rows) > len(whole), metric
        for row in whole:
            assert row[metric] == sum(part[metric] for part in rows if part[CURRENCY] == row[CURRENCY]), (
                metric
            )


def test_every_saved_query_has_rows(ask: Ask, layer: SemanticManifestLookup) -> None:
    for query in layer.semantic_manifest.saved_queries:
        assert ask(saved_query_name=query.name), query.name
