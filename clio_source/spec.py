"""Holds the declarations against Clio's published specification.

    python -m clio_source.spec openapi.json

Clio changes its specification every few weeks without a version. Take the file that Clio publishes beside
its API reference; the command prints one line per difference, with what to do. Exit code 0: nothing that
loses data; 1: a difference that does; 2: the file could not be read.
"""

import argparse
import sys
from pathlib import Path

from .collection import load_collections
from .drift import Finding, iter_findings
from .openapi import SpecificationError, read_specification

DECLARATIONS = Path(__file__).parent / "collections"


def main(arguments: list[str] | None = None, declarations: Path = DECLARATIONS) -> int:
    """Prints the differences between the declarations and the file named; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m clio_source.spec", description=__doc__.split("\n")[0])
    parser.add_argument("specification", type=Path, help="a copy of Clio's openapi.json")
    path: Path = parser.parse_args(arguments).specification
    try:
        specification = read_specification(path)
    except (OSError, SpecificationError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        print(_unreadable(path, str(reason)), file=sys.stderr)
        return 2
    collections = load_collections(declarations)
    findings = sorted(
        iter_findings(collections, specification),
        key=lambda finding: (not finding.loses_data, finding.collection, finding.what),
    )
    places = declared_at(declarations)
    for finding in findings:
        print(_line(finding, places.get(finding.collection)))
    losses = sum(finding.loses_data for finding in findings)
    print(
        f"{len(collections)} collections held against {path.name}. "
        f"Differences that lose data: {losses}; news: {len(findings) - losses}."
    )
    return 1 if losses else 0


def _line(finding: Finding, declared: tuple[Path, int] | None) -> str:
    kind = "LOSES DATA" if finding.loses_data else "news"
    place = f"{declared[0].name}:{declared[1]}" if declared else "not declared"
    return f"{kind}: {place}: {finding.collection}: {finding.what}; {finding.remedy}."


def declared_at(declarations: Path) -> dict[str, tuple[Path, int]]:
    """The file and line where each collection is declared, in order."""
    return {
        line.rstrip(":"): (path, number)
        for path in sorted(declarations.glob("*.yaml"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if line.endswith(":") and line[:1].isalpha()
    }


def _unreadable(path: Path, reason: str) -> str:
    return (
        f"Reading Clio's specification from {path}: {reason}. "
        "An OpenAPI file in JSON is needed, so nothing was compared. "
        "Save openapi.json from Clio's API reference again and give its path."
    )


if __name__ == "__main__":
    sys.exit(main())
