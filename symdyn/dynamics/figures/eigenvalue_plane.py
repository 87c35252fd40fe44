"""Eigenvalues of equilibria in the complex plane, with multiplicities and the boundary of stability."""

from __future__ import annotations

import cmath
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.answers.equilibrium import Equilibrium, Stability
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.numbers import spoken
from symdyn.errors import ModelError

BOUNDARIES = ("imaginary axis", "unit circle")
NEAR = 1e-7  # floats of one cluster, relative to the largest modulus: a double root is not found more exactly
NEUTRAL = 1e-9  # floats this near to the boundary, in the same measure, are drawn as neutral

Cluster = tuple[complex, int, int]  # value, multiplicity, sign of what decides stability


def eigenvalue_plane(
    spectra: Any, *, boundary: str = "imaginary axis", labels: Mapping[str, str] | None = None
) -> Figure:
    """The figure "eigenvalue plane" of one or several equilibria, one panel for each.

    Parameters
    ----------
    spectra
        An Equilibrium, a Stability, a list of eigenvalues, or of pairs of an eigenvalue and its multiplicity; or a
        mapping from the name of a panel (LaTeX or words) to any of these.
    boundary
        "imaginary axis" for flows, "unit circle" for iterations.
    labels
        To replace "real" and "imaginary", the labels of the axes.

    Returns
    -------
    Figure
        With `names`, and for each name a tuple of `real`, `imaginary`, `multiplicity` and `sign`: -1 stable, 0
        neutral, 1 unstable. Exact eigenvalues are judged exactly; those of a Stability by its dimensions; floats within
        1e-9 of the boundary count as neutral, and floats that agree within 1e-7 as one of higher multiplicity.

    Raises
    ------
    ModelError
        If there are no eigenvalues, one has symbols, or the boundary is unknown.

    Examples
    --------
    >>> figure = eigenvalue_plane([(-2, 2), (1, 1)])
    >>> figure.data["real"], figure.data["multiplicity"], figure.data["sign"]
    (((-2.0, 1.0),), ((2, 1),), ((-1, 1),))
    """
    if boundary not in BOUNDARIES:
        raise ModelError(f"boundary is {boundary!r}: write one of {', '.join(BOUNDARIES)}")
    panels = dict(spectra) if isinstance(spectra, Mapping) else {"": spectra}
    if not panels:
        raise ModelError("there are no spectra: give at least one equilibrium or list of eigenvalues")
    found = {str(name): clusters(spectrum, boundary) for name, spectrum in panels.items()}
    sentences = [_sentence(name, clusters) for name, clusters in found.items()]
    variable = r"\lambda" if boundary == "imaginary axis" else r"\mu"
    return Figure(
        "eigenvalue plane",
        {
            "boundary": boundary,
            "names": tuple(found),
            "real": tuple(tuple(value.real for value, _, _ in part) for part in found.values()),
            "imaginary": tuple(tuple(value.imag for value, _, _ in part) for part in found.values()),
            "multiplicity": tuple(tuple(count for _, count, _ in part) for part in found.values()),
            "sign": tuple(tuple(sign for _, _, sign in part) for part in found.values()),
        },
        {
            "real": rf"\mathrm{{Re}}\,{variable}",
            "imaginary": rf"\mathrm{{Im}}\,{variable}",
            **(labels or {}),
        },
        f"Eigenvalues in the complex plane with the {boundary}. {' '.join(sentences)}",
    )


def clusters(spectrum: Any, boundary: str) -> list[Cluster]:
    """Eigenvalues that agree as floats, with multiplicity and their sign; by real and imaginary part."""
    if isinstance(spectrum, Equilibrium):
        spectrum = spectrum.stability
    stability = spectrum if isinstance(spectrum, Stability) else None
    pairs = _pairs(spectrum.eigenvalues if isinstance(spectrum, Stability) else spectrum)
    if not pairs:
        raise ModelError("there are no eigenvalues: a figure needs at least one (a Stability may hold none)")
    scale = max(1.0, *(abs(value) for value, _, _ in pairs))
    outward = [(_outward(value, boundary), value, count, exact) for value, count, exact in pairs]
    outward.sort(key=lambda item: (-item[0], item[1].imag))
    gathered: list[Cluster] = []
    place = 0
    sign: int | None
    for out, value, count, exact in outward:
        if stability is not None and stability.unstable + stability.neutral + stability.stable >= place + count:
            # in the order of growth, the first `unstable` are unstable, whatever rounding says of them
            sign = 1 if place < stability.unstable else 0 if place < stability.unstable + stability.neutral else -1
        else:
            sign = _exact_sign(exact, boundary)
            if sign is None:
                sign = 0 if abs(out) <= NEUTRAL * scale else 1 if out > 0 else -1
        place += count
        for k, (other, multiplicity, kind) in enumerate(gathered):
            if kind == sign and abs(other - value) <= NEAR * scale:
                gathered[k] = (other, multiplicity + count, kind)
                break
        else:
            gathered.append((value, count, sign))
    return sorted(gathered, key=lambda item: (item[0].real, item[0].imag))


def _pairs(eigenvalues: Iterable[Any]) -> list[tuple[complex, int, sp.Expr | None]]:
    """Value, multiplicity, and the exact value where there is one."""
    pairs: list[tuple[complex, int, sp.Expr | None]] = []
    for entry in eigenvalues.items() if isinstance(eigenvalues, Mapping) else eigenvalues:
        value, count = entry if isinstance(entry, tuple | list) and len(entry) == 2 else (entry, 1)
        exact = value if isinstance(value, sp.Expr) and not value.has(sp.Float) else None
        if isinstance(value, int):
            exact = sp.Integer(value)
        try:
            number = complex(sp.N(value, 30)) if isinstance(value, sp.Expr) else complex(value)
        except (TypeError, ValueError):
            raise ModelError(f"{value} is no number: give the symbols in it a value before drawing") from None
        if not cmath.isfinite(number):
            raise ModelError(f"the eigenvalue {value} is not finite: leave it out")
        if isinstance(count, bool) or not hasattr(count, "__index__") or count < 1:
            raise ModelError(f"the eigenvalue {value} has multiplicity {count!r}: give a whole number from 1")
        pairs.append((number, int(count), exact))
    return pairs


def _outward(value: complex, boundary: str) -> float:
    return value.real if boundary == "imaginary axis" else abs(value) - 1


def _exact_sign(value: sp.Expr | None, boundary: str) -> int | None:
    """Decided by SymPy for exact numbers; None if it is left open."""
    if value is None:
        return None
    decisive = sp.re(value) if boundary == "imaginary axis" else sp.expand(value * sp.conjugate(value)) - 1
    return 1 if decisive.is_positive else -1 if decisive.is_negative else 0 if decisive.is_zero else None


def _sentence(name: str, clusters: list[Cluster]) -> str:
    counts = [int(np.sum([count for _, count, sign in clusters if sign == kind])) for kind in (1, 0, -1)]
    beginning = f"{spoken(name)}: " if name else ""
    return f"{beginning}{counts[0]} unstable, {counts[1]} neutral, {counts[2]} stable, with multiplicity."
