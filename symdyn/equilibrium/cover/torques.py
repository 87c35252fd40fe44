"""Torques of a flow on spheres: x x f for each token x with velocity f, in a form that intervals enclose well.

The field is tangent, so it vanishes where the torques do, and a token's own share of its mean drops out of them.
Torques have the zeros of their numerators, and those of the numerators divided by a positive exponential.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.programs.steps import StraightLine
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.tangency import vanishes_on
from symdyn.equilibrium.cover.angular import without_divisor
from symdyn.numerics.backends import numpy_backend

Floats = npt.NDArray[np.float64]


class Torques:
    """Numerators N of the torques of a flow, three for each token, and the factors D with torque times D = N.

    Parameters
    ----------
    flow
        On a product of spheres of three-dimensional space.
    tokens
        The coordinates of each sphere.
    """

    def __init__(self, flow: Flow, tokens: tuple[tuple[int, ...], ...]) -> None:
        self.flow, self.tokens = flow, tokens
        pairs = [without_divisor(sp.expand(component)) for torque in self._plain for component in torque]
        self.numerators = tuple(above for above, _ in pairs)
        self.factors = tuple(below for _, below in pairs)

    @property
    def _plain(self) -> list[sp.ImmutableMatrix]:
        x, field = self.flow.coords, self.flow.field.components
        return [
            sp.ImmutableMatrix(sp.Matrix([x[k] for k in token]).cross(sp.Matrix([field[k] for k in token])))
            for token in self.tokens
        ]

    @cached_property
    def program(self) -> StraightLine:
        """The numerators, in the coordinates."""
        return straight_line(self.numerators, self.flow.coords)

    @cached_property
    def program_with_factors(self) -> StraightLine:
        """The numerators, then the factors."""
        return straight_line(self.numerators + self.factors, self.flow.coords)

    def in_floats(self, states: Floats) -> Floats:
        """The numerators at states (3 n, B) whose coordinates come token by token."""
        order = np.argsort([k for token in self.tokens for k in token])
        return np.asarray(self._lowered(states[order]))[:, 0]

    @cached_property
    def _lowered(self) -> Any:
        return numpy_backend.lower(self.program)

    @cached_property
    def balance(self) -> tuple[sp.Expr, ...] | None:
        """Factors E of the tokens by which the sum of all torques vanishes everywhere; None where none was shown.

        Those of softmax weights are their denominators, since forces come in opposite pairs.
        """
        x, field = self.flow.coords, self.flow.field.components
        equations = () if self.flow.constraint is None else self.flow.constraint.equations
        pairs = [[sp.fraction(sp.together(field[k])) for k in token] for token in self.tokens]
        plain = [[(field[k], sp.S.One) for k in token] for token in self.tokens]
        for written in (pairs, plain):
            if any(len({below for _, below in token}) > 1 for token in written):
                continue
            total = sp.zeros(3, 1)
            for token, forces in zip(self.tokens, written, strict=True):
                total += sp.Matrix([x[k] for k in token]).cross(sp.Matrix([above for above, _ in forces]))
            if all(vanishes_on(sp.expand(part), equations, x) for part in total):
                return tuple(forces[0][1] for forces in written)
        return None


@lru_cache(maxsize=16)
def torques(flow: Flow, tokens: tuple[tuple[int, ...], ...]) -> Torques:
    """The torques of a flow, kept, so that they are lowered once."""
    return Torques(flow, tokens)
