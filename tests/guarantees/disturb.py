"""What goes wrong with a sandbox's answers: all kinds of faults at once, or one thing at one request."""

import random
from collections.abc import Callable
from typing import get_args

from clio_sandbox import Exchange, Fault, Sandbox
from clio_sandbox.faults import FaultKind

SHARE = 0.15
# One that drops a field is a rule, not an answer: it is made and taken back by hand.
KINDS = [kind for kind in get_args(FaultKind) if kind != "bad_field"]
SPOILED_FIELDS = {"activities": "note", "bills": "memo", "notes": "detail", "users": "phone_number"}


def put_in_force(clio: Sandbox, seed: int) -> list[Fault]:
    """Lets every answer go wrong with the same chance, in any of all ways."""
    chance = SHARE / (len(KINDS) + 1)
    faults = [
        Fault(kind, probability=chance, seed=seed * 100 + n, seconds=0.05, retry_after=0)
        for n, kind in enumerate(KINDS)
    ]
    for fault in faults:
        fault.at = "body" if seed % 2 else "start"
        fault.status = 403 if seed % 3 else 200
        clio.control.fault(fault)
    chooser = random.Random(seed)

    def drop_a_field(exchange: Exchange) -> None:
        rules = [rule for rule in clio.control.faults() if rule.kind != "bad_field"]
        clio.control.clear_faults()
        for rule in rules:
            clio.control.fault(rule)
        if exchange.collection in SPOILED_FIELDS and chooser.random() < chance:
            field = SPOILED_FIELDS[exchange.collection]
            clio.control.fault(Fault("bad_field", exchange.collection, field=field))

    clio.control.on_request(drop_a_field)
    return faults


def at_request(clio: Sandbox, collection: str, nth: int, change: Callable[[], object]) -> None:
    """Makes a change right before the n-th request of a collection from now is answered, once."""
    seen = 0

    def look(exchange: Exchange) -> None:
        nonlocal seen
        seen += exchange.collection == collection
        if seen == nth:
            seen += 1
            change()

    clio.control.on_request(look)
