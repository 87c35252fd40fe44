"""What is known of equilibria in a slice of the state space."""

from __future__ import annotations

from dataclasses import dataclass

from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.answers.equilibrium import Family


@dataclass(frozen=True)
class InFrame:
    """Orbits of equilibria that were found in a slice.

    Parameters
    ----------
    families
        The orbits, each once modulo the finite symmetries.
    said
        What is known of others.
    proof
        That these are all; None where the slice was not covered.
    """

    families: list[Family]
    said: str
    proof: Certificate | None
