"""What the commands print: one reason for many collections is one line, and no name is cut short."""

import subprocess
import sys
from pathlib import Path

PIPELINES = Path(__file__).parents[2] / "pipelines"
SHOW = """
import sys
sys.path.insert(0, sys.argv[1])
from console import console
from result import Part, Result

def part(name, why="", outcome="incomplete"):
    return Part(name, outcome if why else "complete", why and f"{name}, page 1: {why}", 1_234_567, 0, 9, 0)

stopped = [part(f"collection_{n}", "we were asked to stop.") for n in range(20)]
alone = part("users", "Clio answered 403.", "forbidden")
name = "a_firm_with_a_name_of_forty_characters_x"
console.show_results([Result(name, 1.0, (*stopped, alone, part("bills")))], 1.0)
"""


def test_what_holds_for_many_collections_is_said_once_and_names_are_whole() -> None:
    told = subprocess.run(
        [sys.executable, "-c", SHOW, str(PIPELINES)], capture_output=True, text=True, check=True
    ).stdout
    account = "a_firm_with_a_name_of_forty_characters_x"
    assert any(line.startswith(f"{account}  incomplete ") for line in told.splitlines())
    reasons = [line for line in told.splitlines() if line.startswith(f"{account}: ")]
    some = ", ".join(f"collection_{n}" for n in range(12))
    assert reasons == [
        f"{account}: incomplete: 20 collections, {some} and 8 others: we were asked to stop.",
        f"{account}: forbidden: users, page 1: Clio answered 403.",
    ]
