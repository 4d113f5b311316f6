"""Runs in processes of their own, to be killed: children of a server that has the modules loaded already."""

import multiprocessing
import sys
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from typing import Any

from clio_sandbox import Sandbox
from clio_source import sync

from ..conftest import Warehouse
from .firm import SHOWN, declare, read_with

COMPLETE, INCOMPLETE = 0, 1  # how a run that ends by itself ends
PATIENCE_SECONDS = 120


def start(clio: Sandbox, warehouse: Warehouse, limits: Mapping[str, int], **options: int) -> BaseProcess:
    """Begins to load the collections that `limits` names, with options of `sync`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    arguments = (clio.url, clio.token, warehouse, limits, options)
    process = context.Process(target=_run, args=arguments)
    process.start()
    return process


def _run(
    url: str, token: str, warehouse: Warehouse, limits: Mapping[str, int], options: dict[str, Any]
) -> None:
    collections = declare({name: SHOWN[name] for name in limits}, limits)
    source = read_with(url, token, collections)
    receipts = sync(warehouse.pipeline(), source, **options)
    sys.exit(COMPLETE if all(r.outcome == "complete" for r in receipts) else INCOMPLETE)
