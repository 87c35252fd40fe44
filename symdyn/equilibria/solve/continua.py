"""Parts of positive dimension as families; those that are orbits of a rotation are told apart within a part."""

from __future__ import annotations

import numpy as np
import sympy as sp

from symdyn.algebra.real_zeros import RealZero
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.equilibrium import Family
from symdyn.equilibria.enclosure import Floats
from symdyn.equilibria.lowering import Residual
from symdyn.equilibria.solve.parts import Continuum, Parts
from symdyn.equilibria.solve.points import floats_at
from symdyn.geometry.symmetry import Symmetries

_TURNS = 720
_SAME = 1e-7


def families_of(system: Residual, parts: Parts, symmetries: Symmetries) -> list[Family]:
    """Families with witnesses that are exact where they are rational, the largest first."""
    found = []
    for one in parts.continua:
        orbits = _orbits(one, symmetries)
        if orbits is None:
            found.append(_family(system, one, one.witnesses[0], "a part of the solution set, by algebra"))
        else:
            found += [_family(system, one, zero, "orbit of a symmetry") for zero in orbits]
    return sorted(found, key=lambda one: -one.dimension)


def _family(system: Residual, one: Continuum, witness: RealZero, reason: str) -> Family:
    exact = witness.exact
    values = floats_at(witness).tolist()
    if exact is not None:
        values = [sp.Rational(value.numerator, value.denominator) for value in exact]
    point = dict(zip(system.coords, values, strict=True))
    return Family(one.part.dimension, point, reason, Verdict.OBSERVED)


def _orbits(one: Continuum, symmetries: Symmetries) -> list[RealZero] | None:
    """One witness for each orbit of a one-parameter group that a part of dimension one consists of; None for others."""
    if one.part.dimension != 1 or len(symmetries.generators) != 1:
        return None
    generator = np.asarray(symmetries.generators[0], dtype=float)
    if np.abs(generator @ floats_at(one.witnesses[0])).max() < _SAME or not _turns_once(generator):
        return None
    kept: list[RealZero] = []
    for zero in one.witnesses:
        if not any(_on_one_orbit(generator, floats_at(zero), floats_at(other)) for other in kept):
            kept.append(zero)
    return kept


def _turns_once(generator: Floats) -> bool:
    """Whether exp(2 pi A) is the identity."""
    import scipy.linalg  # takes long to import, and few models need it

    whole = scipy.linalg.expm(2 * np.pi * generator)
    return bool(np.abs(whole - np.eye(len(generator))).max() < _SAME)


def _on_one_orbit(generator: Floats, point: Floats, other: Floats) -> bool:
    """Whether exp(t A) carries one point to the other for some t of a turn."""
    import scipy.linalg
    import scipy.optimize

    step = scipy.linalg.expm(generator * (2 * np.pi / _TURNS))
    places = [point]
    for _ in range(_TURNS - 1):
        places.append(step @ places[-1])
    distances = np.linalg.norm(np.asarray(places) - other, axis=1)
    best = int(distances.argmin()) * 2 * np.pi / _TURNS
    width = 2 * np.pi / _TURNS
    found = scipy.optimize.minimize_scalar(
        lambda t: float(np.linalg.norm(scipy.linalg.expm(generator * t) @ point - other) ** 2),
        bounds=(best - width, best + width),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return bool(found.fun < _SAME * max(1.0, float(np.abs(other).max()) ** 2))
