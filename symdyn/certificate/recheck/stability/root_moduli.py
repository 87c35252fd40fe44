"""Re-check of moduli of roots: discs around the centres (Smith 1970), in Arb balls, from the steps of the coefficients.

With w_i = p(z_i)/(a_n prod_{j != i} (z_i - z_j)) the roots of p are the eigenvalues of diag(z) - w 1^T. So they lie in
the discs of radius n |w_i| around z_i, and discs that meet no others hold as many roots as there are (Gershgorin).
"""

from __future__ import annotations

from fractions import Fraction

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.equilibria.equilibrium import values_in_balls
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.stability.root_moduli import RootModuliWitness

Disc = tuple[flint.acb, flint.arb]


def check_root_moduli(witness: RootModuliWitness, verdict: str) -> Recheck:
    """Every disc is within the upper bound, and a group of discs apart from the others is beyond the lower one."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of enclosures")
    with flint.ctx.workprec(witness.bits):
        discs = _discs(witness)
        high, low = _ball(witness.high), _ball(witness.low)
        within = all(abs(centre) + radius <= high for centre, radius in discs)
        need(within, "witness.high", "is not shown to bound the moduli of all roots")
        beyond = witness.low == 0 or any(
            all(abs(discs[k][0]) - discs[k][1] >= low for k in group) for group in _groups(discs)
        )
        need(beyond, "witness.low", "is not shown to be reached by a root")
    return Recheck("proved", f"{witness.degree} discs that hold the roots were computed again")


def _discs(witness: RootModuliWitness) -> list[Disc]:
    parts = values_in_balls(witness.coefficients)
    if not all(part.is_finite() for part in parts):
        raise UndecidedError("a coefficient has no finite enclosure here")
    coefficients = [flint.acb(parts[k], parts[k + 1]) for k in range(0, len(parts), 2)]
    leading, size = coefficients[-1], witness.degree
    need(not leading.contains(0), "witness.coefficients", "may begin with zero")
    centres = [flint.acb(_ball(real), _ball(imaginary)) for real, imaginary in witness.centres]
    found = []
    for i, centre in enumerate(centres):
        tick()
        value = flint.acb(0)
        for coefficient in reversed(coefficients):
            value = value * centre + coefficient
        for j, other in enumerate(centres):
            if j != i:
                value /= centre - other
        radius = size * abs(value / leading)
        need(bool(radius.is_finite()), f"witness.centres[{i}]", "is not told from another one at this precision")
        found.append((centre, radius))
    return found


def _groups(discs: list[Disc]) -> list[set[int]]:
    """Discs that may meet, directly or through others."""
    left, found = set(range(len(discs))), []
    while left:
        group, fresh = set(), {min(left)}
        while fresh:
            group |= fresh
            fresh = {j for i in fresh for j in left - group if not _apart(discs[i], discs[j])}
        found.append(group)
        left -= group
    return found


def _apart(one: Disc, other: Disc) -> bool:
    return bool(abs(one[0] - other[0]) > one[1] + other[1])


def _ball(value: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))
