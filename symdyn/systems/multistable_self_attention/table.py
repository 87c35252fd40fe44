"""All collinear equilibria on eigenvectors of V: eigenvalues, stability and thresholds in beta, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from symdyn.systems.multistable_self_attention.eigen import eigenvectors, other_eigenvalues, real_eigenvalues
from symdyn.systems.multistable_self_attention.parameters import Attention
from symdyn.systems.multistable_self_attention.spectra import Spectrum, numbers, spectrum
from symdyn.systems.multistable_self_attention.thresholds import stable_beta


@dataclass(frozen=True)
class Collinear:
    """A consensus or a bipartite consensus, modulo permutations and the global sign.

    Parameters
    ----------
    eigenvalue, eigenvector
        V v = lambda v, with v of length 1.
    plus, minus
        Tokens at v and at -v; minus = 0 is the consensus.
    form
        v^T B v.
    g
        beta v^T B v.
    others
        The other eigenvalues of V.
    spectrum
        Eigenvalues with multiplicity.
    """

    eigenvalue: sp.Expr
    eigenvector: sp.ImmutableMatrix
    plus: int
    minus: int
    form: sp.Expr
    g: sp.Expr
    others: tuple[sp.Expr, ...]
    spectrum: Spectrum

    @cached_property
    def is_stable(self) -> bool | None:
        """Whether all real parts are negative; None if the largest is zero within 1e-8, or symbols leave it open."""
        if any(value.free_symbols for value, _ in self.spectrum):
            return None
        values = numbers(self.spectrum)
        largest = max((float(v.real) for v in values), default=-1.0)
        scale = max((abs(v) for v in values), default=1.0)
        return None if abs(largest) < 1e-8 * max(1.0, scale) else largest < 0

    @cached_property
    def stable_beta(self) -> sp.Set | None:
        """For which beta >= 0 the same state is linearly stable; None where no closed form is offered."""
        if any(e.free_symbols for e in (self.eigenvalue, self.form, *self.others)):
            return None
        if self.minus == 0:
            return sp.Interval(0, sp.oo) if self.is_stable else sp.S.EmptySet
        try:
            return stable_beta(self.eigenvalue, self.others, self.form, self.plus, self.minus)
        except ValueError:
            return None

    @property
    def kind(self) -> str:
        """In words."""
        split = f"bipartite consensus {self.plus}+{self.minus}" if self.minus else "consensus"
        value = format(float(self.eigenvalue), ".6g") if self.eigenvalue.has(sp.Float) else self.eigenvalue
        return f"{split} at eigenvalue {value}"

    def point(self, model: Attention) -> dict[sp.Symbol, sp.Expr]:
        """The state, exact where the eigenvector is."""
        signs = [1] * self.plus + [-1] * self.minus
        values = [s * entry for s in signs for entry in self.eigenvector]
        return dict(zip(model.coords, values, strict=True))


def collinear_equilibria(model: Attention) -> tuple[Collinear, ...]:
    """Every real eigenvalue of V with every split (under a mask, consensus only).

    A repeated eigenvalue has a sphere of eigenvectors: its states form a family, shown by one member.
    """
    rows = []
    for value in real_eigenvalues(model.V):
        v = eigenvectors(model.V, value)[0]
        others = other_eigenvalues(model.V, value)
        form = sp.simplify((v.T * model.B * v)[0])
        g = sp.simplify(model.beta * form)
        splits = range(model.tokens // 2 + 1) if model.allowed is None else range(1)
        for minus in splits:
            found = spectrum(model, value, others, g, minus)
            rows.append(Collinear(value, v, model.tokens - minus, minus, form, g, others, found))
    return tuple(rows)
