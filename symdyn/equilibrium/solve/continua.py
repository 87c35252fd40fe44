"""Parts of positive dimension as families; those that are orbits of a rotation are told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symdyn.algebra.zeros.real_zeros import RealZero
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.equilibrium import Family
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.judge.enclosure import Floats
from symdyn.equilibrium.solve.exact_certificates import exact_certificate
from symdyn.equilibrium.solve.parts import Continuum, Parts
from symdyn.equilibrium.solve.points import floats_at, values_at
from symdyn.geometry.symmetry import Symmetries

_TURNS = 720
_SAME = 1e-7


def families_of(system: Residual, parts: Parts, symmetries: Symmetries) -> list[Family]:
    """Families with witnesses that are exact where they are rational, the largest first; one for each orbit."""
    orbits: list[tuple[Continuum, RealZero]] = []
    found = []
    for one in parts.continua:
        generator = _generator(one, symmetries)
        if generator is None:
            found.append(_family(system, one, one.witnesses, "a part of the solution set, by algebra"))
            continue
        for zero in one.witnesses:
            point = floats_at(zero)
            if not any(_on_one_orbit(generator, point, floats_at(other), symmetries) for _, other in orbits):
                orbits.append((one, zero))
    found += [_family(system, one, (zero,), "orbit of a symmetry") for one, zero in orbits]
    return sorted(found, key=lambda one: -one.dimension)


def are_orbits(parts: Parts, symmetries: Symmetries) -> bool:
    """Whether all continua are orbits of one rotation, so that images under finite symmetries can be told."""
    return all(_generator(one, symmetries) is not None for one in parts.continua)


def _family(system: Residual, one: Continuum, witnesses: Sequence[RealZero], reason: str) -> Family:
    first, *others = (dict(zip(system.coords, values_at(zero), strict=True)) for zero in witnesses)
    proof = exact_certificate(system, witnesses[0])
    return Family(
        dimension=one.part.dimension,
        witness=first,
        reason=reason,
        verdict=Verdict.OBSERVED,
        certificate=proof,
        others=tuple(others),
    )


def _generator(one: Continuum, symmetries: Symmetries) -> Floats | None:
    """The generator of the rotation of which a part of dimension one consists of orbits; None for others."""
    if one.part.dimension != 1 or len(symmetries.generators) != 1:
        return None
    generator = np.asarray(symmetries.generators[0], dtype=float)
    still = np.abs(generator @ floats_at(one.witnesses[0])).max() < _SAME
    return generator if not still and _turns_once(generator) else None


def _turns_once(generator: Floats) -> bool:
    """Whether exp(2 pi A) is the identity."""
    import scipy.linalg  # takes long to import, and few models need it

    whole = scipy.linalg.expm(2 * np.pi * generator)
    return bool(np.abs(whole - np.eye(len(generator))).max() < _SAME)


def _on_one_orbit(generator: Floats, point: Floats, other: Floats, symmetries: Symmetries) -> bool:
    """Whether exp(t A) carries one point to the other, or to an image under a finite symmetry, for some t of a turn."""
    import scipy.linalg
    import scipy.optimize

    width = 2 * np.pi / _TURNS
    step = scipy.linalg.expm(generator * width)
    places = [point]
    for _ in range(_TURNS - 1):
        places.append(step @ places[-1])
    best = int(symmetries.distance(other, np.asarray(places).T).argmin()) * width

    def away(t: float) -> float:
        place = scipy.linalg.expm(generator * t) @ point
        return float(symmetries.distance(other, place[:, None])[0]) ** 2

    found = scipy.optimize.minimize_scalar(
        away, bounds=(best - width, best + width), method="bounded", options={"xatol": 1e-12}
    )
    return bool(found.fun < _SAME * max(1.0, float(np.abs(other).max()) ** 2))
