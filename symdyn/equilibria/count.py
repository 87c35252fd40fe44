"""How many equilibria there are: the real solutions of a polynomial or rational system, counted exactly."""

from __future__ import annotations

from symdyn.equilibria.lowering import Residual
from symdyn.equilibria.solve.system import RealCount, UnsolvedError, solved


def real_solutions(system: Residual, time_limit: float | None = None) -> RealCount | None:
    """Exact counts in the domain, or None if the system is not rational with rational coefficients, or too large."""
    try:
        found = solved(system, time_limit)
    except UnsolvedError:
        return None
    return None if found.by else found
