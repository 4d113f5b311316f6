"""The marts: figures against the firm's own books, stages over two runs, bank statements, links."""

import json
import shutil
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from kpis import show_kpis

from clio_source.errors import ClioError

from ..conftest import Warehouse
from .conftest import Marts, build

# A matter goes on to another stage; the bank's statement of May is a cent off.
CHANGES = """
    update clio.matters
    set matter_stage__id = (select max(id) from clio.matter_stages),
        matter_stage_updated_at = timestamptz '2026-07-03 12:00:00Z',
        updated_at = timestamptz '2026-07-03 12:00:00Z'
    where id = (select min(id) from clio.matters where status = 'Open'
        and matter_stage__id <> (select max(id) from clio.matter_stages));

    insert into clio_marts.trust_statements
    select account, bank_account_id, last_day(month_date),
        ledger_amount + if(month_date = date '2026-05-01', 0.01, 0)
    from clio_marts.fct_trust_reconciliation
    where month_date between date '2026-04-01' and date '2026-05-31'"""


@pytest.fixture(scope="module")
def changed(marts: Marts, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("changed"))
    shutil.copy(marts.warehouse.file, warehouse.file)
    with duckdb.connect(str(warehouse.file)) as connection:
        connection.execute(CHANGES)
    chosen = ("snp_matters", "dim_matters", "fct_matter_pipeline", "fct_trust_reconciliation")
    build(warehouse, "--select", *chosen, "--exclude", "test_type:unit")
    return warehouse


def test_the_figures_agree_with_the_firms_own_books_to_the_cent(
    marts: Marts, capsys: pytest.CaptureFixture[str]
) -> None:
    show_kpis(marts.warehouse.file, "clio", marts.ledger)
    assert "The marts and the firm's own books agree to the cent, in 16 figures." in capsys.readouterr().out


def test_a_cent_between_marts_and_books_is_an_error_that_names_the_figure(marts: Marts) -> None:
    books: dict[str, Any] = json.loads(json.dumps(marts.ledger))
    books["receivable"]["USD"]["total"] = str(Decimal(books["receivable"]["USD"]["total"]) + Decimal("0.01"))
    with pytest.raises(ClioError) as caught:
        show_kpis(marts.warehouse.file, "clio", books)
    for phrase in ("firm's own books: they differ in receivables (USD).", "a mart is wrong", "--deletions"):
        assert phrase in str(caught.value)


def test_a_firm_without_books_has_its_figures_shown_alone(
    marts: Marts, capsys: pytest.CaptureFixture[str]
) -> None:
    show_kpis(marts.warehouse.file, "clio", None)
    told = capsys.readouterr().out
    assert "receivables" in told
    assert "books" not in told


def test_a_matter_that_changes_its_stage_leaves_the_first_which_is_marked_as_dated_back(
    changed: Warehouse,
) -> None:
    spans = changed.sql("""
        select is_back_dated, is_current, left_date::text as left_date, entered_date::text as entered_date
        from clio_marts.fct_matter_pipeline
        where matter_id in (select matter_id from clio_marts.fct_matter_pipeline where not is_back_dated)
        order by entered_date""")
    assert [(span["is_back_dated"], span["is_current"]) for span in spans] == [(True, False), (False, True)]
    assert spans[0]["left_date"] == spans[1]["entered_date"] == "2026-07-03"


def test_a_statement_that_is_a_cent_off_is_not_reconciled(changed: Warehouse) -> None:
    months = changed.sql("""
        select distinct month_date::text as month, is_reconciled, statement_difference_amount as difference
        from clio_marts.fct_trust_reconciliation where statement_date is not null order by 1""")
    assert [tuple(month.values()) for month in months] == [
        ("2026-04-01", True, Decimal(0)),
        ("2026-05-01", False, Decimal("0.01")),
    ]


def test_each_thing_to_do_links_to_its_bill_or_matter(marts: Marts) -> None:
    things = marts.sql("select * from clio_marts.fct_worklist")
    assert {thing["todo"] for thing in things} >= {
        "bill_old_work",
        "pay_bill_from_trust",
        "review_budget",
        "top_up_trust",
    }
    for thing in things:
        page = f"bills/{thing['bill_id']}" if thing["bill_id"] else f"matters/{thing['matter_id']}"
        assert thing["clio_url"] == f"https://app.clio.com/nc/#/{page}"
