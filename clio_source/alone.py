"""One process at a time: two that load a dataset at once would undo each other's watermarks.

On one machine a lock refuses the second before it reads anything. Elsewhere, or with another working
folder, nothing can be locked that every warehouse has. There a run looks before each package whether
somebody else has loaded since it began, and stops if so: its rows may be older than those now in the tables.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dlt
from filelock import FileLock, Timeout

from .errors import BusyError
from .warehouse import Warehouse


@contextmanager
def alone(pipeline: dlt.Pipeline) -> Iterator[None]:
    """Holds the pipeline's working folder.

    Raises:
        BusyError: another process holds it.
    """
    folder = Path(pipeline.pipelines_dir)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / f"{pipeline.pipeline_name}.lock", timeout=0):
            yield
    except Timeout:
        raise BusyError(
            f"Pipeline {pipeline.pipeline_name}",
            "another process is running it.",
            "Two at once would undo each other's watermarks, and lose changes.",
            "Wait until the other has ended. Nothing was loaded.",
        ) from None


class Others:
    """What other processes load with the same schema into the same dataset, from now on."""

    def __init__(self, pipeline: dlt.Pipeline, schema: str) -> None:
        self._dataset, self._warehouse, self._schema = pipeline.dataset_name, Warehouse(pipeline), schema
        self._ours: list[str] = []
        self._before = self._count()

    def note_ours(self, load_ids: list[str]) -> None:
        """Takes note of packages that are not others'."""
        self._ours += load_ids

    def refuse(self) -> None:
        """Raises BusyError if there were any packages of others."""
        if self._count() != self._before:
            raise BusyError(
                f"Dataset {self._dataset}",
                "another process has loaded into it since this run began.",
                "Two at once would undo each other's watermarks, and lose changes. This package was not "
                "loaded; what was loaded before it stays.",
                "See that one schedule on one machine loads this dataset, and run again.",
            )

    def _count(self) -> int:
        conditions = ["schema_name = %s", *["load_id <> %s"] * len(self._ours)]
        return self._warehouse.count("_dlt_loads", " AND ".join(conditions), self._schema, *self._ours)
