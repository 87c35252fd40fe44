"""The ordering: which matrix a layer powers, and which of its eigenvalues wins. Derived.

Without residual the layer powers F and the largest |lambda| wins, with residual I + F and |1 + lambda|; in pre-LN,
where the step shrinks like 1/t, the largest Re lambda. The three may disagree.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.linear.float_matrix import as_array
from symdyn.algebra.spectra.dominance import Dominance, in_words
from symdyn.algebra.spectra.dominance import dominance as dominance_of
from symdyn.dynamics.attention import Floats
from symdyn.dynamics.tokens.attention_input import matrix
from symdyn.errors import ModelError
from symdyn.systems.power_method_transformer.layer import Layer

RULES = {"|lambda|": r"|\lambda|", "|1+lambda|": r"|1 + \lambda|", "Re lambda": r"\mathrm{Re}\,\lambda"}
RULE_OF_FORM = {"no residual": "|lambda|", "post-LN": "|1+lambda|", "pre-LN": "Re lambda"}


def dominance(F: Any, rule: str = "|1+lambda|") -> Dominance:
    """Which eigenvalues of `F` win under a rule, and of which type.

    Raises
    ------
    ModelError, ShapeError
        For an unknown rule, a matrix that is not square, or one with symbols.
    """
    if rule not in RULES:
        raise ModelError(f"the rule is {rule!r}: write one of {', '.join(RULES)}")
    by = "real part" if rule == "Re lambda" else "modulus"
    return dominance_of(matrix(F, "F"), by, int(rule == "|1+lambda|"))


def powered_matrix(layer: Layer) -> sp.ImmutableMatrix:
    """The matrix that a layer powers at consensus, with the gain where there is one.

    F without residual, I + F in post-LN, each multiplied from the left by Gamma (RMSNorm, L2) or Gamma Pi (LayerNorm),
    Pi = I - 1 1^T / d; in pre-LN the matrix whose real parts count, F Gamma or F Gamma Pi.
    """
    scale, kept = layer.norm.matrix, layer.residual * sp.eye(layer.dimension)
    return sp.ImmutableMatrix(layer.F * scale if layer.form == "pre-LN" else scale * (kept + layer.F))


def layer_dominance(layer: Layer) -> Dominance:
    """The dominance that decides where a layer sends a consensus; with a gain, of the powered matrix itself."""
    if layer.norm.is_plain:
        return dominance(layer.F, RULE_OF_FORM[layer.form])
    return dominance(powered_matrix(layer), "Re lambda" if layer.form == "pre-LN" else "|lambda|")


def winning_span(layer: Layer) -> Floats:
    """Orthonormal columns, (d, k), that span the eigenvectors that win, in floats; right ones, which act on columns."""
    found = layer_dominance(layer)
    return found.leading_span(as_array(layer.F if layer.norm.is_plain else powered_matrix(layer)))


def disagreement(F: Any, form: str = "post-LN") -> str:
    """A warning if the three rules select different eigenvalues of `F`; empty if they agree."""
    found = {rule: dominance(F, rule) for rule in RULES}
    if len({frozenset(np.round(np.asarray(answer.leading), 9)) for answer in found.values()}) == 1:
        return ""
    picks = ", ".join(f"{rule} selects {in_words(answer.leading)}" for rule, answer in found.items())
    return f"the three ordering rules disagree: {picks}; a {form} layer follows {RULE_OF_FORM[form]}"
