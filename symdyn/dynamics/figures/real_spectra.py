"""Real spectra on lines under one another: of Hessians, of symmetric matrices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.eigenvalue_plane import NEAR, clusters
from symdyn.dynamics.figures.numbers import spoken
from symdyn.errors import ModelError

MOST_SPECTRA = 24


def real_spectra(spectra: Mapping[str, Any], *, labels: Mapping[str, str] | None = None) -> Figure:
    """The figure "real spectra": one line for each spectrum, with multiplicities; negative, zero and positive marked.

    Parameters
    ----------
    spectra
        Name (LaTeX or words) to a list of real eigenvalues, or of pairs of an eigenvalue and its multiplicity.
    labels
        "x", the label of the axis.

    Returns
    -------
    Figure
        With `names`, and for each name a tuple of `value`, `multiplicity` and `sign`. Exact eigenvalues are judged
        exactly, floats within 1e-9 of zero count as zero.

    Raises
    ------
    ModelError
        If there is no spectrum, more than 24, or an eigenvalue is not real.

    Examples
    --------
    >>> real_spectra({"A": [(0, 2), -1]}).data["sign"]
    ((-1, 0),)
    """
    if not 1 <= len(spectra) <= MOST_SPECTRA:
        raise ModelError(f"there are {len(spectra)} spectra: a figure holds from 1 to {MOST_SPECTRA}")
    found = {str(name): clusters(values, "imaginary axis") for name, values in spectra.items()}
    for name, part in found.items():
        scale = max(1.0, *(abs(value) for value, _, _ in part))
        for value, _, _ in part:
            if abs(value.imag) > NEAR * scale:
                raise ModelError(f"{name} has the eigenvalue {value:.4g}, which is not real: use eigenvalue_plane")
    counts = {
        name: [sum(count for _, count, sign in part if sign == kind) for kind in (-1, 0, 1)]
        for name, part in found.items()
    }
    told = (f"{spoken(name)}: {a} negative, {b} zero, {c} positive" for name, (a, b, c) in counts.items())
    return Figure(
        "real spectra",
        {
            "names": tuple(found),
            "value": tuple(tuple(value.real for value, _, _ in part) for part in found.values()),
            "multiplicity": tuple(tuple(count for _, count, _ in part) for part in found.values()),
            "sign": tuple(tuple(sign for _, _, sign in part) for part in found.values()),
        },
        {"x": "eigenvalue", **(labels or {})},
        f"Real eigenvalues, with multiplicity. {'; '.join(told)}.",
    )
