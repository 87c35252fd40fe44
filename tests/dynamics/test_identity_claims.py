"""Claims of many identities: proved together, refuted with a point."""

import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.identity_claims import identities

a, b = sp.symbols("a b")


def test_identities_are_proved_with_one_certificate():
    pairs = [((a + b) ** 2, a**2 + 2 * a * b + b**2), ((a - b) * (a + b), a**2 - b**2)]
    found = identities("two", "They hold.", lambda: pairs, source="derived").measured()
    assert (found.verdict, found.measured) == (Verdict.PROVED, "equal")
    assert found.certificate.verify().verdict is Verdict.PROVED
    assert found.reason == "2 identities in exact arithmetic"


def test_one_that_fails_refutes_all():
    pairs = [(a + b, b + a), ((a + b) ** 2, a**2 + b**2)]
    found = identities("two", "They hold.", lambda: pairs, source="derived").measured()
    assert (found.verdict, found.holds) == (Verdict.REFUTED, False)
    assert found.counterexample
