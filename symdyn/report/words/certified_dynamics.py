"""What a certificate speaks of, read from its witness: the flow or map, and the formulas of its claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.refutation import RefutedError
from symdyn.certificate.witness.equilibria.equilibrium import EquilibriumWitness
from symdyn.certificate.witness.equilibria.residual import ResidualWitness
from symdyn.certificate.witness.program import Program, shown_name
from symdyn.certificate.witness.stability.lyapunov import LyapunovWitness, NoLyapunovWitness
from symdyn.report.blocks import Formula, Rich
from symdyn.report.words.dynamics_words import Dynamics, after_display, capital, stated
from symdyn.report.words.measure_formulas import formulas_of_measures
from symdyn.report.words.notation import expression_formula
from symdyn.report.words.point_formulas import point_formula, point_header

_LYAPUNOV: Mapping[str, type[LyapunovWitness] | type[NoLyapunovWitness]] = {
    LyapunovWitness.kind: LyapunovWitness,
    NoLyapunovWitness.kind: NoLyapunovWitness,
}
#: Longer programs are not written out.
_MOST_STEPS = 2000


def certified_dynamics(certificate: Certificate) -> Dynamics | None:
    """The dynamics of a certificate of an equilibrium or of a Lyapunov function; None of other certificates."""
    try:
        return _read(certificate.witness)
    except RefutedError:
        return None


def claim_in_words(certificate: Certificate) -> Rich:
    """The claim of a certificate as a sentence: the dynamics before it, its formulas as mathematics."""
    claim = certificate.claim
    try:
        dynamics, formulas = _read(certificate.witness), _formulas_of(certificate.witness)
    except RefutedError:
        dynamics, formulas = None, {}
    words = _marked(claim, formulas)
    if dynamics is None:
        starts_with_word = isinstance(words[0], str) and words[0].split(" ")[0].isalpha() and words[0][1:2].isalpha()
        return (*(capital(words) if starts_with_word else ("Statement: ", *words)), ".")
    return after_display(("For ", *stated(dynamics), ", ", *words, "."))


def _marked(text: str, formulas: Mapping[str, Formula]) -> Rich:
    """A text with some of its pieces as formulas, the longest first."""
    for piece in sorted(formulas, key=len, reverse=True):
        before, found, after = text.partition(piece)
        if found:
            rest = {name: formula for name, formula in formulas.items() if name != piece}
            parts = (*_marked(before, rest), formulas[piece], *_marked(after, rest))
            return tuple(part for part in parts if part != "")
    return (text,)


def _formulas_of(witness: Mapping[str, Any]) -> dict[str, Formula]:
    """Pieces of the claim that are formulas."""
    if witness.get("kind") == ResidualWitness.kind:
        record = ResidualWitness.read(witness)
        values = _values(record.candidate, tuple(map(sp.Symbol, record.parameters)))
        texts = record.candidate.texts(record.parameters) or []
        return _equal(record.names, texts, values)
    if witness.get("kind") in _LYAPUNOV:
        function = _LYAPUNOV[witness["kind"]].read(witness)
        names = function.setting.names
        # after the field the function, and of what is proved its rate
        own = slice(len(names), len(names) + (2 if isinstance(function, LyapunovWitness) else 1))
        values = _values(function.program, tuple(map(sp.Symbol, names)))[own]
        texts = (function.program.texts(names) or [])[own]
        shown = {text: expression_formula(value) for text, value in zip(texts, values, strict=False) if len(text) > 2}
        point = [sp.Rational(x.numerator, x.denominator) for x in function.setting.point]
        return shown | _equal(names, list(map(str, point)), point)
    return formulas_of_measures(witness)


def _equal(names: Sequence[str], texts: Sequence[str], values: Sequence[sp.Expr]) -> dict[str, Formula]:
    """x = 1, y = 0 and the same in brackets."""
    text = ", ".join(f"{shown_name(name)} = {value}" for name, value in zip(names, texts, strict=False))
    left = point_header(list(map(sp.Symbol, names))).latex
    right = point_formula(dict(zip(names, values, strict=True)), list(values)).latex
    formula = Formula(text, f"{left} = {right}")
    return {} if left.startswith("\\text") else {f"({text})": formula, text: formula}


def _read(witness: Mapping[str, Any]) -> Dynamics | None:
    kind = str(witness.get("kind"))
    if kind == EquilibriumWitness.kind:
        record = EquilibriumWitness.read(witness)
        if record.speeds or record.dynamics is None:
            return None
        # of a map the stored formulas are update minus state, but for an iterate
        less = record.order == 1 and record.dynamics == "iteration"
        return _written(record.dynamics, record.names, (), record.program, record.equations, less)
    if kind == ResidualWitness.kind:
        formula = ResidualWitness.read(witness)
        less = formula.order == 1 and formula.dynamics == "iteration"
        return _written(formula.dynamics, formula.names, formula.parameters, formula.field, formula.equations, less)
    if kind in _LYAPUNOV:
        function = _LYAPUNOV[kind].read(witness)
        return _written(function.setting.dynamics, function.setting.names, (), function.program, 0, False)
    return None


def _written(
    dynamics: str, names: Sequence[str], parameters: Sequence[str], program: Program, equations: int, less: bool
) -> Dynamics | None:
    if len(program.steps) > _MOST_STEPS:
        return None
    coords, others = tuple(map(sp.Symbol, names)), tuple(map(sp.Symbol, parameters))
    values = _values(program, (*coords, *others))
    rates = tuple(value + x if less else value for value, x in zip(values, coords, strict=False))
    return Dynamics(
        kind="map" if dynamics == "iteration" else "flow",
        coords=coords,
        rates=rates,
        equations=values[len(coords) : len(coords) + equations],
        parameters=others,
    )


def _values(program: Program, inputs: Sequence[sp.Symbol]) -> tuple[sp.Expr, ...]:
    """The outputs as SymPy expressions."""
    found: list[sp.Expr] = []
    for name, *operands in program.steps:
        found.append(_step(name, operands, found, inputs))
    return tuple(found[k] for k in program.outputs)


def _step(name: str, operands: list[int], found: Sequence[sp.Expr], inputs: Sequence[sp.Symbol]) -> sp.Expr:
    if name == "input":
        return inputs[operands[0]]
    if name == "rational":
        return sp.Rational(*operands)
    if name == "pi":
        return sp.pi
    if name in ("power", "root"):
        base, *exponent = operands
        return sp.Pow(found[base], sp.Rational(*exponent))
    arguments = [found[k] for k in operands]
    if name == "divide":
        return arguments[0] / arguments[1]
    makers = {"add": sp.Add, "multiply": sp.Mul, "abs": sp.Abs}
    made: sp.Expr = makers[name](*arguments) if name in makers else getattr(sp, name)(*arguments)
    return made
