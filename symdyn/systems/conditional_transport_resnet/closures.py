"""Finite systems for the output: for psi = a(w) b(x) with d = 1 the costate times b is constant in depth.

With tau' = mean over samples of b(X)(X - y) every neuron moves along -tau' grad a, so that mean(f) obeys
d mean(f)/d tau = -mean(D f), D = grad a . grad_w; and dX/dt = -b(X) tau' mean(D a). If 1, a, D a, D^2 a, ... span a
finite space, these are finitely many equations (derived).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.law import Law
from symdyn.dynamics.presented import Presentation, Presented
from symdyn.errors import ModelError, ShapeError
from symdyn.geometry.vector_field import VectorField
from symdyn.laws.count import conservation_laws
from symdyn.systems.conditional_transport_resnet.residual import Residual, derivative

TIME = sp.Symbol("t")
_MOST_MOMENTS = 6
_MOST_TERMS = 400


@dataclass(frozen=True, kw_only=True)
class TransportClosure(Presented):
    """A finite system for the outputs, or that none was found.

    Parameters
    ----------
    field
        In time t: the outputs, one for each sample, then the moments that they need; None where nothing was found.
    output
        The symbols of the outputs.
    moments
        Symbol and function of w, for each moment of the field; a moment is its mean over neurons and depth.
    laws
        Of the field, beyond time.
    first_integral
        A function of the output and t that stays constant, where the field is scalar.
    start
        Its value for the start that was given.
    reason
        Why it closes, or what was tried.
    verdict
        PROVED or UNDECIDED.
    certificate
        That the moments close, as identities.
    """

    field: VectorField | None
    output: tuple[sp.Symbol, ...]
    moments: tuple[tuple[sp.Symbol, sp.Expr], ...]
    laws: tuple[Law, ...]
    first_integral: sp.Expr | None
    start: Any
    reason: str
    verdict: Verdict
    certificate: Certificate | None

    def presented(self) -> Presentation:
        """The equations, or that none were found."""
        if self.field is None:
            return Presentation(title="closure of the output", sentence=f"No closure was found: {self.reason}.")
        rows = [
            rf"$\dot{{{sp.latex(one)}}} = {sp.latex(rate)}$."
            for one, rate in zip(self.field.coords, self.field.components, strict=True)
        ]
        rows += [rf"${sp.latex(one)} = \mathrm{{mean}}({sp.latex(f)})$." for one, f in self.moments]
        rows += [rf"${law.inline()} = \mathrm{{const}}$." for law in self.laws]
        if self.first_integral is not None:
            rows.append(rf"${sp.latex(self.first_integral)} = \mathrm{{const}}$.")
        names = ", ".join(map(sp.latex, self.field.coords))
        return Presentation(
            title="closure of the output",
            sentence=(
                f"In continuous depth ${names}$ obey a closed system, with means over neurons and depth: {self.reason}."
            ),
            equations=tuple(rows),
        )


def closure(residual: Residual, *, start: Any = None, target: Any = None) -> TransportClosure:
    """The closed ODE of the output under the flow in continuous depth, for the loss |x - y|^2/2.

    Parameters
    ----------
    residual
        A feature with d = 1.
    start
        X(0), a number for each sample: the first integral is evaluated there.
    target
        y, a number or symbol for each sample; the symbol y of one sample unless given.

    Raises
    ------
    ModelError, ShapeError
        If start and target are of different samples.

    Examples
    --------
    >>> from symdyn.systems.conditional_transport_resnet import residual
    >>> w, x = sp.symbols("w x")
    >>> found = closure(residual(w * x, [w], [x]))
    >>> found.field.components[0], found.verdict
    (-X**2*(X - y), Verdict.PROVED)
    """
    targets, starts = _samples(target, "the target"), _samples(start, "the start")
    if targets is None:
        targets = [sp.Symbol("y")] if starts is None or len(starts) == 1 else list(sp.symbols(f"y1:{len(starts) + 1}"))
    if starts is not None and len(starts) != len(targets):
        raise ShapeError(f"{len(starts)} starts came for {len(targets)} targets: give one for each sample")
    outputs = (sp.Symbol("X"),) if len(targets) == 1 else tuple(sp.symbols(f"X1:{len(targets) + 1}"))
    split = _separated(residual)
    if split is None:
        return _open(outputs, "psi is no product a(w) b(x) with d = 1: no other closure is looked for")
    a, b = split
    chain = _chain(a, residual.w)
    if chain is None:
        return _open(outputs, f"the span of 1, a, D a, D^2 a, ... has more than {_MOST_MOMENTS} dimensions or no end")
    return _closed(residual, a, b, chain, outputs, targets, starts)


def _samples(given: Any, what: str) -> list[sp.Expr] | None:
    if given is None:
        return None
    listed = list(given) if isinstance(given, Sequence) or hasattr(given, "tolist") else [given]
    if not listed:
        raise ModelError(f"{what} has no sample: give a number for each")
    return [_exact(checked_expression(one.item() if hasattr(one, "item") else one, what)) for one in listed]


def _exact(value: sp.Expr) -> sp.Expr:
    """A float as the fraction that its decimal digits denote."""
    if not isinstance(value, sp.Float):
        return value
    fraction = Fraction(repr(float(value)))
    return sp.Rational(fraction.numerator, fraction.denominator)


def _open(outputs: tuple[sp.Symbol, ...], reason: str) -> TransportClosure:
    return TransportClosure(
        field=None,
        output=outputs,
        moments=(),
        laws=(),
        first_integral=None,
        start=None,
        reason=reason,
        verdict=Verdict.UNDECIDED,
        certificate=None,
    )


def _separated(residual: Residual) -> tuple[sp.Expr, sp.Expr] | None:
    """a(w) and b(x) with psi = a b."""
    if residual.d != 1:
        return None
    a, b = sp.S.One, sp.S.One
    for factor in sp.Mul.make_args(sp.factor(sp.powsimp(residual.psi[0]))):
        if not factor.has(*residual.x):
            a *= factor
        elif not factor.has(*residual.w):
            b *= factor
        else:
            return None
    return (sp.expand(a), b) if a.has(*residual.w) else None


@dataclass(frozen=True)
class _Chain:
    """Functions f_0 = a, f_1 = D a, ... and D f_last = sum of coefficients times them, plus a constant."""

    functions: tuple[sp.Expr, ...]
    last: sp.Expr
    coefficients: tuple[sp.Expr, ...]
    constant: sp.Expr


def _chain(a: sp.Expr, w: Sequence[sp.Symbol]) -> _Chain | None:
    """The chain as far as it is independent; None if it is too long."""
    slopes = list(derivative([a], w))
    functions = [a]
    while len(functions) <= _MOST_MOMENTS:
        following = sp.expand(
            sum((s * g for s, g in zip(slopes, derivative([functions[-1]], w), strict=True)), sp.S.Zero)
        )
        if len(sp.Add.make_args(following)) > _MOST_TERMS:
            return None
        solved = _combination(following, functions, w)
        if solved is not None:
            return _Chain(tuple(functions), following, solved[1:], solved[0])
        functions.append(following)
    return None


def _combination(target: sp.Expr, functions: Sequence[sp.Expr], w: Sequence[sp.Symbol]) -> tuple[sp.Expr, ...] | None:
    """Coefficients of 1 and the functions that add up to the target, by comparing terms; None if there are none."""
    columns = [_terms(one, w) for one in (sp.S.One, *functions)]
    goal = _terms(target, w)
    keys = sorted(set(goal).union(*columns), key=sp.default_sort_key)
    unknowns = sp.symbols(f"_c0:{len(columns)}")
    matrix = sp.Matrix([[column.get(key, 0) for column in columns] for key in keys])
    right = sp.Matrix([goal.get(key, 0) for key in keys])
    found = sp.linsolve((matrix, right), *unknowns)
    if not found:
        return None
    return tuple(one.subs(dict.fromkeys(unknowns, 0)) for one in next(iter(found)))


def _terms(formula: sp.Expr, w: Sequence[sp.Symbol]) -> dict[sp.Expr, sp.Expr]:
    """Coefficients of products that depend on w."""
    found: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(formula)):
        coefficient, rest = term.as_independent(*w, as_Add=False)
        found[rest] = found.get(rest, sp.S.Zero) + coefficient
    return found


def _closed(
    residual: Residual,
    a: sp.Expr,
    b: sp.Expr,
    chain: _Chain,
    outputs: tuple[sp.Symbol, ...],
    targets: list[sp.Expr],
    starts: list[sp.Expr] | None,
) -> TransportClosure:
    symbols = sp.symbols(f"M1:{len(chain.functions) + 1}")
    rates = [*symbols[1:], chain.constant + sum((c * m for c, m in zip(chain.coefficients, symbols)), sp.S.Zero)]
    needed = _needed(rates[0], symbols, rates)
    at = [b.subs(residual.x[0], X) for X in outputs]
    speed = sum((one * (X - y) for one, X, y in zip(at, outputs, targets, strict=True)), sp.S.Zero) / len(outputs)
    components = [-one * speed * rates[0] for one in at] + [-speed * rates[k] for k in needed]
    coords = (*outputs, *(symbols[k] for k in needed))
    field = VectorField(coords, sp.ImmutableMatrix(components))
    laws = _laws([symbols[k] for k in needed], [rates[k] for k in needed])
    integral = _first_integral(field) if len(coords) == 1 else None
    value = None
    if integral is not None and starts is not None:
        value = integral.subs({outputs[0]: starts[0], TIME: 0})
    pairs = _identities(residual, a, b, chain)
    if integral is not None:
        slope = sp.diff(integral.replace(sp.Abs, lambda one: one), outputs[0])
        pairs.append((slope * components[0], sp.S.NegativeOne))
    certificate = identity_certificate(pairs)
    number = len(needed)
    reason = f"1, a, D a, ... span {len(chain.functions) + 1} dimensions; the outputs need {number or 'no'} moments"
    return TransportClosure(
        field=field,
        output=outputs,
        moments=tuple((symbols[k], chain.functions[k]) for k in needed),
        laws=laws,
        first_integral=integral,
        start=value,
        reason=reason,
        verdict=Verdict.PROVED if certificate is not None else Verdict.UNDECIDED,
        certificate=certificate,
    )


def _needed(first: sp.Expr, symbols: Sequence[sp.Symbol], rates: Sequence[sp.Expr]) -> list[int]:
    """Moments that the rate of the outputs depends on, through others too."""
    found: set[int] = set()
    fresh = {k for k, one in enumerate(symbols) if first.has(one)}
    while fresh:
        found |= fresh
        fresh = {k for k, one in enumerate(symbols) if any(rates[j].has(one) for j in fresh)} - found
    return sorted(found)


def _laws(symbols: Sequence[sp.Symbol], rates: Sequence[sp.Expr]) -> tuple[Law, ...]:
    """Laws of the moments alone, whose field is linear in tau."""
    if len(symbols) < 2 or any(not one.is_rational_function(*symbols) or one.has(sp.Float) for one in rates):
        return ()
    return tuple(conservation_laws(VectorField(tuple(symbols), list(rates)), time_limit=10).laws)


def _first_integral(field: VectorField) -> sp.Expr | None:
    """G(X) + t with dG/dX = -1/speed^-1, where SymPy integrates it; checked by differentiating."""
    (X,), (speed,) = field.coords, field.components
    others = {one: sp.Dummy(one.name, real=True, nonzero=True) for one in speed.free_symbols}
    slope = (-1 / speed).xreplace(others)
    variable = others[X]
    parts = sp.Add.make_args(sp.apart(sp.factor(slope), variable)) if slope.is_rational_function(variable) else [slope]
    found = sp.Add(*(sp.integrate(part, variable) for part in parts))
    if found.has(sp.Integral) or sp.simplify(sp.diff(found, variable) - slope) != 0:
        return None
    magnitudes = sp.expand(found, log=False).replace(sp.log, lambda argument: _logarithm(argument, variable))
    return magnitudes.xreplace({dummy: one for one, dummy in others.items()}) + TIME


def _logarithm(argument: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """log|argument| but for a constant."""
    if argument.is_polynomial(variable):
        return sp.log(sp.Abs(sp.factor(sp.Poly(argument, variable).monic().as_expr())))
    return sp.log(sp.Abs(sp.factor(argument).as_independent(variable, as_Add=False)[1]))


def _identities(residual: Residual, a: sp.Expr, b: sp.Expr, chain: _Chain) -> list[tuple[sp.Expr, sp.Expr]]:
    """psi = a b; along depth b' (A b) p = b (A b' p); D of each function is the next one, and of the last a sum.

    Products stand as they are, so that the certificate says what is multiplied out.
    """
    x, w = residual.x[0], residual.w
    A, p = sp.symbols("A p")
    db = derivative([b], [x])[0, 0]
    slopes = list(derivative([a], w))
    following = [*chain.functions[1:], chain.last]
    pairs = [(residual.psi[0], _written(a, b)), (_written(db, A * b, p), _written(b, A * db, p))]
    for one, image in zip(chain.functions, following, strict=True):
        products = [_written(s, g) for s, g in zip(slopes, derivative([one], w), strict=True)]
        pairs.append((sp.Add(*(product for product in products if product != 0), evaluate=False), image))
    total = chain.constant + sum((c * f for c, f in zip(chain.coefficients, chain.functions)), sp.S.Zero)
    return [*pairs, (chain.last, total)]


def _written(*factors: sp.Expr) -> sp.Expr:
    """A product that is not carried out, but for numbers."""
    numbers = [one for one in factors if one.is_number]
    others = [one for one in factors if not one.is_number]
    constant = sp.Mul(*numbers)
    if constant == 0 or not others:
        return constant
    return sp.Mul(*([] if constant == 1 else [constant]), *others, evaluate=False)
