"""Division into cents without remainder, in exact fractions."""

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

ZERO = Decimal(0)


def in_cents(amount: Fraction) -> Decimal:
    """Rounds to the cent, half a cent away from zero."""
    cents = math.floor(abs(amount) * 100 + Fraction(1, 2))
    return Decimal(cents if amount >= 0 else -cents) / 100


def part_of(amount: Decimal, share: Decimal, whole: Decimal) -> Decimal:
    """Returns amount times share by whole, to the cent."""
    return in_cents(Fraction(amount) * Fraction(share) / Fraction(whole))


def divide(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Divides an amount by running rounding: what is handed out so far is always right to the cent."""
    whole = sum(weights, ZERO)
    handed_out = [ZERO, *(part_of(amount, running, whole) for running in accumulate(weights))]
    return [after - before for before, after in pairwise(handed_out)]
