"""Flows and maps as a statement writes them: every equation, where the state lives, and what its symbols stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.certificate.canonical import digest
from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.iterate import Iterate
from symdyn.dynamics.iteration import Iteration
from symdyn.report.blocks import Formula, Reference, Rich
from symdyn.report.formats.wrapping import WIDTH, lines_of, width
from symdyn.report.words.notation import expression_latex, expression_text

#: Lines of a display, and steps of all formulas; longer dynamics are given by their certificate.
_MOST_LINES = 120
_MOST_STEPS = 6000
_MOST_NAMES = 12


@dataclass(frozen=True, kw_only=True)
class Dynamics:
    """A flow or map as it is written: "flow" or "map", the rates or next values, and where the state lives."""

    kind: str
    coords: tuple[sp.Symbol, ...]
    rates: tuple[sp.Expr, ...]
    equations: tuple[sp.Expr, ...] = ()
    inequalities: tuple[sp.Expr, ...] = ()
    angles: tuple[sp.Symbol, ...] = ()
    parameters: tuple[sp.Symbol, ...] = ()


def dynamics_of(model: Any) -> Dynamics:
    """Those of a Flow or an Iteration; of an iterate its base."""
    base: Any = model.base if isinstance(model, Iterate) else model
    rates = base.update if isinstance(base, Iteration) else base.field.components
    constraint = base.constraint
    return Dynamics(
        kind="map" if isinstance(base, Iteration) else "flow",
        coords=tuple(base.coords),
        rates=tuple(rates),
        equations=() if constraint is None else constraint.equations,
        inequalities=() if constraint is None else constraint.inequalities,
        angles=getattr(base, "angles", ()),
        parameters=tuple(base.parameters),
    )


def stated(model: Any) -> Rich:
    """The dynamics as a noun: "the flow x' = ... on the set where ...,", with all equations.

    What follows it begins with a space, or with a comma, which is not set twice.
    """
    if model is None:
        return ("the flow",)
    shown = model if isinstance(model, Dynamics) else dynamics_of(model)
    more = (*_where(shown), *_symbols(shown))
    is_open = bool(more) and not (isinstance(more[-1], Formula) and more[-1].lines)
    return (f"the {shown.kind}", *_equations(shown), *more, *((",",) if is_open else ()))


def capital(words: Rich) -> Rich:
    """With a capital at the beginning."""
    first, *rest = words
    return (str(first)[:1].upper() + str(first)[1:], *rest)


def after_display(parts: Rich) -> Rich:
    """Words after a display begin a line of their own: no comma and no space stands before them; nor two commas."""
    out: list[str | Formula] = []
    for part in parts:
        last = out[-1] if out else ""
        if isinstance(part, str) and not isinstance(part, Reference):
            if isinstance(last, Formula) and last.lines:
                part = part.removeprefix(",").lstrip()
            elif isinstance(last, str) and last.endswith(","):
                part = part.removeprefix(",")
        if part != "":
            out.append(part)
    return tuple(out)


def _equations(model: Dynamics) -> Rich:
    names = [_changed(symbol, model.kind) for symbol in model.coords]
    shown = None if _is_long(model.rates) else _display(names, model.rates, "=")
    if shown is None:
        return (f" of {len(names):,} equations that the certificates list",)
    return (" ", shown) if not shown.lines else (shown,)


def _where(model: Dynamics) -> Rich:
    """The constraint, the domain, and the angles."""
    out: Rich = ()
    if model.equations:
        out += _set(" on the set where", list(map(_sides, model.equations)), "=")
    if model.inequalities:
        word = ", where" if model.equations else " on the domain where"
        out += _set(word, list(map(_sides, model.inequalities)), r"\geq")
    out += _assumed(model.coords)
    if model.angles:
        counts = "counts" if len(model.angles) == 1 else "count"
        out += (", where ", _list(model.angles), f" {counts} modulo ", Formula("2 pi", r"2\pi"))
    return out


def _assumed(coords: Sequence[Any]) -> Rich:
    """The signs that coordinates are declared to have."""
    out: Rich = ()
    for sign, text, latex in (("positive", "> 0", "> 0"), ("negative", "< 0", "< 0"),
                              ("nonnegative", ">= 0", r"\geq 0"), ("nonpositive", "<= 0", r"\leq 0")):  # fmt: skip
        known = [s for s in coords if s.assumptions0.get(sign) and (s.is_nonzero is None or "non" not in sign)]
        if known:
            names = _list(known)
            out += (", where ", Formula(f"{names.text} {text}", f"{names.latex} {latex}"))
    return out


def _sides(expression: Any) -> tuple[Any, Any]:
    """What stands left of the sign and what stands right: a constant goes to the right."""
    constant, rest = (sp.S.Zero + expression).as_coeff_Add()
    return rest, -constant


def _set(word: str, sides: Sequence[tuple[Any, Any]], sign: str) -> Rich:
    """Equations or inequalities behind a word; the number of them where they are too long."""
    left, right = [side for side, _ in sides], [value for _, value in sides]
    if sign == r"\geq" and len(sides) > 1 and all(side.is_Symbol for side in left) and not any(right):
        names = _list(left)
        return (f"{word} ", Formula(f"{names.text} >= 0", rf"{names.latex} \geq 0"))
    shown = None if _is_long(left) else _display(list(map(_plain, left)), right, sign)
    if shown is None:
        return (f"{word} the {len(sides):,} {'equations' if sign == '=' else 'inequalities'} of the constraint hold",)
    return (f"{word} ", shown) if not shown.lines else (word, shown)


def _symbols(model: Dynamics) -> Rich:
    """What is no coordinate."""
    found = model.parameters
    if not found:
        return ()
    plural = "s" if len(found) > 1 else ""
    signs = {"positive" if s.is_positive else "real" for s in found}
    kind = signs.pop() if len(signs) == 1 else "real"
    return (f", with {kind} parameter{plural} ", _list(found))


def _list(symbols: Sequence[Any]) -> Formula:
    """All names; the first and last of many."""
    texts, latexes = [expression_text(s) for s in symbols], [expression_latex(s) for s in symbols]
    if len(symbols) > _MOST_NAMES:
        texts, latexes = [*texts[:2], "...", texts[-1]], [*latexes[:2], r"\dots", latexes[-1]]
    return Formula(", ".join(texts), r", \allowbreak ".join(latexes))


def _changed(symbol: Any, kind: str) -> Formula:
    latex = expression_latex(symbol)
    if kind == "map":
        return Formula(f"{expression_text(symbol)}+", f"{{{latex}}}^{{+}}")
    return Formula(f"{expression_text(symbol)}'", dotted(latex))


def dotted(latex: str) -> str:
    r"""A name with a dot on its letter, not on its indices.

    Examples
    --------
    >>> print(dotted("u_{1,2}"), dotted(r"\theta"), dotted(r"\mathrm{rate}"))
    \dot{u}_{1,2} \dot{\theta} \dot{\mathrm{rate}}
    """
    letter, bar, below = latex.partition("_{")
    # an index of a word in typewriter letters is a part of the word
    if bar and letter.count("{") == letter.count("}"):
        return rf"\dot{{{letter}}}_{{{below}"
    return rf"\dot{{{latex}}}"


def _plain(expression: Any) -> Formula:
    return Formula(expression_text(expression), expression_latex(expression))


def _display(names: Sequence[Formula], values: Sequence[Any], sign: str) -> Formula | None:
    """In a line where that holds it, else one below the other, each wrapped; None where that is too long."""
    word = {"=": "=", r"\geq": ">="}[sign]
    text = ", ".join(f"{name.text} {word} {expression_text(v)}" for name, v in zip(names, values, strict=True))
    pieces = [f"{name.latex} {sign} {expression_latex(v)}" for name, v in zip(names, values, strict=True)]
    line = r", \quad ".join(pieces)
    if width(line) + 3 * len(pieces) <= WIDTH // 2:
        return Formula(text, line)
    if width(line) + 3 * len(pieces) <= WIDTH:
        return Formula(text, line, (line,))
    lines: list[str] = []
    for name, value in zip(names, values, strict=True):
        first, *rest = lines_of(value, expression_latex, WIDTH - 10 - max(0, width(name.latex) - 6))
        lines += [f"{name.latex} {sign} {first}", *(rf"\qquad {piece}" for piece in rest)]
    if len(lines) > _MOST_LINES:
        return None
    return Formula(text, r"\begin{aligned} & " + r" \\ & ".join(lines) + r" \end{aligned}", tuple(lines))


def _is_long(values: Sequence[Any]) -> bool:
    """Whether formulas have more parts than a page holds."""
    seen = 0
    for value in values:
        for _ in sp.preorder_traversal(value):
            seen += 1
            if seen > _MOST_STEPS:
                return True
    return False


def label_of(what: str, model: Any, certificate: Certificate) -> str:
    """A label that no other answer has: what it is, the number of coordinates, and a fingerprint of both."""
    if model is None:
        return f"{what}-{certificate.fingerprint[:8]}"
    # certificates of searches say how they searched, and not always of which flow
    rates = dynamics_of(model).rates
    formulas = "" if _is_long(rates) else str(rates)
    mark = digest([certificate.fingerprint, [str(symbol) for symbol in model.coords], formulas])
    return f"{what}-{len(model.coords)}-coordinates-{mark[:8]}"
