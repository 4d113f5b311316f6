"""`--marts` where a part of the firm was loaded, and cannot add up."""

from pathlib import Path

from clio_sandbox import Sandbox

from .test_command import load


def test_marts_of_a_part_that_cannot_add_up_are_told_by_name(tmp_path: Path) -> None:
    with Sandbox("small") as clio:
        run = load(tmp_path, clio, "--select", "bills", "--marts")
    assert run.code == 1
    assert "Marts: dbt failed at " in run.err
    assert "assert_receivables_equal_open_balances_of_bills" in run.err
    assert "What was loaded is in the warehouse" in run.err
    assert "Traceback" not in run.out + run.err
