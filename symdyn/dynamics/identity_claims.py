"""Claims of many or long identities: the certificate shows the formulas, the report says how many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.certificate.brief import counted
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.claims import exact
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim

_EQUAL = "equal"


def identities(
    id: str, statement: str, pairs: Callable[[], Sequence[tuple[Any, Any]]], *, source: str
) -> Claim:
    """Pairs of formulas that are equal, as `exact` decides it; what was measured is told in one word, not as formulas.

    Parameters
    ----------
    id, statement, source
        As of the claim.
    pairs
        Gives both sides of each identity, without floats.

    Examples
    --------
    >>> import sympy as sp
    >>> a, b = sp.symbols("a b")
    >>> claim = identities("square", "It expands.", lambda: [((a + b) ** 2, a**2 + 2*a*b + b**2)], source="school")
    >>> claim.measured().verdict, claim.measured().measured
    (Verdict.PROVED, 'equal')
    """

    def measure() -> Outcome:
        listed = list(pairs())
        certificate = identity_certificate(listed)
        told = counted(len(listed), "identity", "identities")
        if certificate is not None:
            return Outcome(True, Verdict.PROVED, _EQUAL, f"{told} in exact arithmetic", certificate=certificate)
        sides = tuple(zip(*listed, strict=True))
        found = exact(id, statement, lambda: sides[0], sides[1], source=source).measured()
        return replace(found, measured=_EQUAL if found.holds else found.reason)

    return Claim(id, statement, measure, _EQUAL, source)
