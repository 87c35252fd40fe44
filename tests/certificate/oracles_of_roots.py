"""Whether the largest modulus of a root lies where a witness says, by the roots that mpmath finds to many digits."""

import json
from functools import cache

import mpmath as mp

from tests.certificate.oracles_of_points import OfMpmath, run

DIGITS = 120
#: A root of high multiplicity is found to a fraction of the digits.
_NEAR = mp.mpf(10) ** -25


@cache
def _largest_modulus(text):
    with mp.workdps(DIGITS):
        try:
            parts = run(json.loads(text), [], OfMpmath())
        except (ZeroDivisionError, ValueError, OverflowError):
            return None
        coefficients = [mp.mpc(parts[k], parts[k + 1]) for k in range(0, len(parts), 2)]
        if coefficients[-1] == 0:
            return None
        return max(abs(root) for root in mp.polyroots(coefficients[::-1], maxsteps=2000, extraprec=400))


def bounded_roots(witness, verdict):
    """Whether the stored bounds hold the largest modulus."""
    with mp.workdps(DIGITS):
        largest = _largest_modulus(json.dumps(witness["coefficients"]))
        if largest is None:
            return False
        low, high = (mp.mpf(p) / q for p, q in (witness["low"], witness["high"]))
        return bool(low <= largest + _NEAR and largest <= high + _NEAR)
