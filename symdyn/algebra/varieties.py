"""Whether formulas vanish wherever equations hold: proved by cofactors, refuted by an enclosed zero."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import symengine
import sympy as sp
from scipy.optimize import root as find_root
from sympy.polys.polyerrors import BasePolynomialError

from symdyn.algebra.implicit import formulas_of
from symdyn.algebra.programs.fractions_of_polynomials import ring
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.algebra.zeros.groebner import BasisTooLargeError, groebner_basis, leading
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.refutation import RefutedError
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.program import Program
from symdyn.certificate.witness.vanishing import VanishingWitness, claim_of
from symdyn.errors import ModelError

_Reduction = Callable[[sp.Expr, Sequence[sp.Expr]], "tuple[list[int], list[sp.Expr]] | None"]

_POINTS = 40
_STARTS = 4
_RADII = (-20, -30, -40)
_LARGEST_BASIS = 60
_APART = 1e-7
_HIGHEST_POWER = 4
#: Their values are not independent: squares of sine and cosine add up to one.
_PERIODIC = (sp.sin, sp.cos, sp.tan, sp.sinh, sp.cosh, sp.tanh)


@dataclass(frozen=True)
class Vanishing:
    """What is known of it.

    Parameters
    ----------
    verdict
        PROVED, REFUTED or UNDECIDED.
    certificate
        With cofactors, or with a zero at which a formula does not vanish.
    counterexample
        That zero, approximately; None unless refuted.
    """

    verdict: Verdict
    certificate: Certificate
    counterexample: dict[sp.Symbol, Any] | None = None


def vanishes_on(
    expression: Any, equations: Any, *, nonzero: Any = (), positive: Any = (), unknowns: Sequence[sp.Symbol] = ()
) -> Vanishing:
    """Whether formulas vanish wherever all equations hold and the conditions too.

    Values of functions are taken as independent variables: then the formula times powers of what is not zero is
    reduced modulo the equations, by division where each of them has a symbol of its own, else modulo a Groebner basis.

    Parameters
    ----------
    expression
        A formula or several.
    equations
        Formulas that are zero.
    nonzero, positive
        Formulas that are not zero, and positive ones. Denominators of the formulas are not zero either.
    unknowns
        Symbols for which the equations are solved where a counterexample is looked for; as many as equations. Without
        them symbols that enter linearly are.

    Raises
    ------
    ModelError
        If something is no formula, or holds a float.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> vanishes_on(x**2 - y**2, x - y).verdict, vanishes_on(x + y, x - y).verdict
    (Verdict.PROVED, Verdict.REFUTED)
    """
    formulas, zeros = formulas_of(expression, "the expression"), _listed(equations, "the equations")
    others, above = _listed(nonzero, "nonzero"), _listed(positive, "positive")
    if any(one.has(sp.Float) for one in (*formulas, *zeros, *others, *above)):
        raise ModelError("a formula holds a decimal, and exactness is asked: write the fraction")
    below = [sp.fraction(sp.together(one))[1] for one in (*formulas, *zeros)]
    conditions = list(dict.fromkeys([*others, *(b for b in below if b.free_symbols)]))
    problem = _Problem(formulas, zeros, conditions, above, tuple(unknowns))
    proof = problem.proof(_divided)
    if proof is not None:
        return Vanishing(Verdict.PROVED, proof)
    found = problem.counterexample()
    if found is not None:
        return found
    # a basis may take long: only where nothing else decides
    proof = problem.proof(partial(_by_basis, conditions=[*conditions, *above]))
    if proof is not None:
        return Vanishing(Verdict.PROVED, proof)
    record = problem.record((), None)
    tried = (
        f"no cofactors were found by division or within {_LARGEST_BASIS} polynomials of a basis, and no zero of "
        f"{_POINTS} tried shows the contrary"
    )
    return Vanishing(
        Verdict.UNDECIDED,
        Certificate(
            claim=claim_of(record, "undecided"),
            verdict=Verdict.UNDECIDED,
            method=tried,
            witness={"kind": "undecided"},
            provenance=provenance(),
        ),
    )


def _listed(given: Any, what: str) -> list[sp.Expr]:
    empty = isinstance(given, list | tuple) and not given
    return [] if empty else formulas_of(given, what)


@dataclass(frozen=True)
class _Problem:
    formulas: list[sp.Expr]
    equations: list[sp.Expr]
    nonzero: list[sp.Expr]
    positive: list[sp.Expr]
    unknowns: tuple[sp.Symbol, ...]

    def symbols(self) -> list[sp.Symbol]:
        """Those to solve for, and then the others by name."""
        parts = (*self.formulas, *self.equations, *self.nonzero, *self.positive)
        free: set[sp.Symbol] = set().union(*(part.free_symbols for part in parts))
        first = [s for s in self.solved_for() if s in free]
        return [*first, *sorted(free - set(first), key=str)]

    def solved_for(self) -> tuple[sp.Symbol, ...]:
        """A symbol for each equation: one that enters it linearly if there is one, else those that were given."""
        chosen: list[sp.Symbol] = []
        for equation in self.equations:
            place = _linear_symbol(equation, chosen)
            if place is None:
                break
            chosen.append(place)
        if len(chosen) == len(self.equations):
            return tuple(chosen)
        if len(self.unknowns) == len(self.equations):
            return self.unknowns
        free = sorted(set().union(*(e.free_symbols for e in self.equations)), key=str)
        return tuple(free[: len(self.equations)])

    def record(
        self, exponents: tuple[tuple[int, ...], ...], cofactors: list[sp.Expr] | None, **point: Any
    ) -> VanishingWitness:
        """The witness."""
        symbols = self.symbols()
        outputs = [*self.formulas, *self.equations, *self.nonzero, *self.positive]
        return VanishingWitness(
            names=tuple(s.name for s in symbols),
            sizes=(len(self.formulas), len(self.equations), len(self.nonzero), len(self.positive)),
            program=_program(outputs, symbols),
            exponents=exponents,
            cofactors=None if cofactors is None else _program(cofactors, symbols),
            **point,
        )

    # --- proofs

    def proof(self, reduce: _Reduction) -> Certificate | None:
        """The certificate with cofactors, if they are found and hold."""
        exponents, cofactors = [], []
        for formula in self.formulas:
            found = self._cofactors(formula, reduce)
            if found is None:
                return None
            exponents.append(found[0])
            cofactors += found[1]
        record = self.record(tuple(exponents), cofactors)
        return self._checked(record, Verdict.PROVED, "reduced to zero modulo the equations, with cofactors")

    def _cofactors(self, formula: sp.Expr, reduce: _Reduction) -> tuple[tuple[int, ...], list[sp.Expr]] | None:
        """Exponents of the conditions, and cofactors of the equations as they stand."""
        above, below = sp.fraction(sp.together(formula))
        heads = [sp.fraction(sp.together(e)) for e in self.equations]
        conditions = [*self.nonzero, *self.positive]
        power = [int(c == below) for c in conditions]
        if below.free_symbols and not any(power):
            return None
        scale = sp.Integer(1) if any(power) else 1 / below
        if sp.expand(above) == 0 or (above.has(*_PERIODIC) and sp.simplify(above) == 0):
            return tuple(power), [sp.Integer(0)] * len(self.equations)
        try:
            reduced = reduce(above, [top for top, _ in heads])
        except (BasePolynomialError, NotImplementedError):
            return None
        if reduced is None:
            return None
        more, quotients = reduced
        totals = tuple(a + b for a, b in zip(power, more or [0] * len(conditions), strict=True))
        return totals, [scale * q * bottom for q, (_, bottom) in zip(quotients, heads, strict=True)]

    def _checked(self, record: VanishingWitness, verdict: Verdict, method: str) -> Certificate | None:
        # the check is loaded late: floor 0 has it, and it loads FLINT
        from symdyn.certificate.recheck.identities.vanishing import check_vanishing

        try:
            if check_vanishing(record, verdict.value).verdict != "proved":
                return None
        except RefutedError:
            return None
        return certified(record, verdict, method, provenance=provenance())

    # --- counterexamples

    def counterexample(self) -> Vanishing | None:
        """A zero at which a formula is not zero, from small rational values of the other symbols."""
        symbols = self.symbols()
        size = len(self.equations)
        inner, outer = symbols[:size], symbols[size:]
        if len(inner) < size or any(s not in self.solved_for() for s in inner):
            return None
        for at in _small_points(len(outer)):
            for center in self._zeros(inner, dict(zip(outer, at, strict=True))):
                found = self._refuted(inner, outer, at, center)
                if found is not None:
                    return found
        return None

    def _zeros(self, inner: list[sp.Symbol], at: dict[sp.Symbol, Fraction]) -> Iterator[list[float]]:
        if not inner:
            yield []
            return
        values = {s: sp.Rational(v.numerator, v.denominator) for s, v in at.items()}
        placed = [e.subs(values, simultaneous=True) for e in self.equations]
        if any(e.has(sp.nan, sp.zoo, sp.oo) for e in placed):
            return
        fast = [symengine.Integer(0) + e for e in placed]

        def values_of(z: Any) -> Any:
            at = {s: float(value) for s, value in zip(inner, z, strict=True)}
            return np.array([float(e.subs(at)) for e in fast])

        random = np.random.default_rng(0)
        for _ in range(_STARTS):
            start = random.normal(size=len(inner)) * 2
            with np.errstate(all="ignore"):
                try:
                    found = find_root(values_of, start, tol=1e-13)
                except (TypeError, ValueError, ZeroDivisionError, OverflowError, RuntimeError):
                    return
            if found.success and np.isfinite(found.x).all():
                yield found.x.tolist()

    def _refuted(
        self, inner: list[sp.Symbol], outer: list[sp.Symbol], at: tuple[Fraction, ...], center: list[float]
    ) -> Vanishing | None:
        values = {s: sp.Rational(v.numerator, v.denominator) for s, v in zip(outer, at, strict=True)}
        point = {**values, **{s: sp.Float(v, 30) for s, v in zip(inner, center, strict=True)}}
        sizes = [abs(complex(sp.N(f.subs(point, simultaneous=True)))) if f.free_symbols else abs(complex(f))
                 for f in self.formulas]  # fmt: skip
        finite = [v if math.isfinite(v) else 0.0 for v in sizes]
        component = max(range(len(finite)), key=finite.__getitem__)
        if finite[component] < _APART:
            return None
        pairs = []
        for value in center:
            numerator, denominator = float(value).as_integer_ratio()
            pairs.append((numerator, 1 - denominator.bit_length()))
        for exponent in _RADII if inner else _RADII[:1]:
            record = self.record(
                (), None, at=at, center=tuple(pairs), radius=(1, exponent), component=component
            )
            proof = self._checked(record, Verdict.REFUTED, "a zero of the equations at which a formula is not zero")
            if proof is not None:
                return Vanishing(Verdict.REFUTED, proof, {s: point[s] for s in (*inner, *outer)})
        return None


def _linear_symbol(equation: sp.Expr, taken: Sequence[sp.Symbol]) -> sp.Symbol | None:
    """A symbol that enters an equation linearly and alone, with a factor that depends on others only."""
    for symbol in sorted(equation.free_symbols, key=str):
        slope = equation.diff(symbol)
        if symbol not in taken and slope != 0 and not slope.has(symbol) and not slope.has(*taken):
            return symbol
    return None


def _program(formulas: Sequence[sp.Expr], symbols: Sequence[sp.Symbol]) -> Program:
    line = straight_line(list(formulas), symbols)
    return Program(line.inputs, tuple((name, *rest) for name, rest in line.steps), line.outputs)


def _divided(formula: sp.Expr, equations: Sequence[sp.Expr]) -> tuple[list[int], list[sp.Expr]] | None:
    """Quotients by equations each of which is c s + rest with a number c and a symbol s that is its own."""
    chosen: list[sp.Symbol] = []
    for equation in equations:
        own = [
            s
            for s in sorted(equation.free_symbols, key=str)
            if s not in chosen and (slope := sp.expand(equation).diff(s)).is_number and slope != 0
        ]
        if not own:
            return None
        chosen.append(own[0])
    if any(equation.has(s) for k, equation in enumerate(equations) for s in chosen[k + 1 :]):
        order = list(range(len(equations)))
    else:
        order = list(reversed(range(len(equations))))
    leads = [chosen[k] for k in order]
    # the first symbols are eliminated first: in each later equation they must not stand
    if any(equations[k].has(s) for j, k in enumerate(order) for s in leads[:j]):
        return None
    if any(node.has(*chosen) for e in (*equations, formula) for node in e.atoms(sp.Function)):
        return None
    gens = [*leads, *(g for g in _generators([formula, *equations]) if g not in leads)]
    quotients, rest = sp.reduced(sp.expand(formula), [sp.expand(equations[k]) for k in order], *gens, order="lex")
    if rest != 0:
        return None
    back: list[sp.Expr] = [sp.Integer(0)] * len(equations)
    for k, quotient in zip(order, quotients, strict=True):
        back[k] = quotient
    return [], back


def _generators(formulas: Sequence[sp.Expr]) -> list[sp.Expr]:
    """What the formulas are polynomials in: symbols, and values of functions."""
    _, options = sp.parallel_poly_from_expr([sp.expand(f) for f in formulas])
    return list(options.gens)


def _by_basis(
    formula: sp.Expr, equations: Sequence[sp.Expr], conditions: Sequence[sp.Expr]
) -> tuple[list[int], list[sp.Expr]] | None:
    """Cofactors by a Groebner basis of the ideal, after multiplication with the conditions until it is in it.

    Whether it is in the ideal is seen by FLINT within limits; cofactors are looked for only then.
    """
    if not equations:
        return None
    gens = _generators([formula, *equations, *conditions])
    context = ring(len(gens))
    tops = [_flint(sp.expand(e), gens, context) for e in equations]
    try:
        basis = groebner_basis(tops, len(gens))
    except BasisTooLargeError:
        return None
    if len(basis) > _LARGEST_BASIS:
        return None
    product = math.prod(conditions, start=sp.Integer(1))
    for power in range(_HIGHEST_POWER if conditions else 1):
        raised = sp.expand(formula * product**power)
        if _is_in(_flint(raised, gens, context), basis):
            exact = sp.QQ.old_poly_ring(*gens)
            parts = exact.ideal(*map(sp.expand, equations)).in_terms_of_generators(exact.convert(raised))
            return [power] * len(conditions), [exact.to_sympy(p) for p in parts]
    return None


def _flint(formula: sp.Expr, gens: Sequence[sp.Expr], context: Any) -> Any:
    """A primitive integer polynomial with the same zeros."""
    table = sp.Poly(formula, *gens, domain=sp.QQ).clear_denoms()[1].as_dict()
    return context.from_dict({powers: int(value) for powers, value in table.items()})


def _is_in(formula: Any, basis: Sequence[Any]) -> bool:
    """Whether the normal form modulo a basis is zero, by reduction with integer factors."""
    rest = formula
    heads = [(leading(p), p) for p in basis]
    for _ in range(5000):
        if rest == 0:
            return True
        power = leading(rest)
        head = next((one for one in heads if all(map(int.__le__, one[0], power))), None)
        if head is None:
            return False
        gap = tuple(map(int.__sub__, power, head[0]))
        one = rest.context().from_dict({gap: int(rest.leading_coefficient())})
        rest = rest * int(head[1].leading_coefficient()) - head[1] * one
        if rest != 0:
            rest = rest.primitive()[1]
    return False


def _small_points(size: int) -> Iterator[tuple[Fraction, ...]]:
    """Small rational values, no two alike in a point, the same at every call."""
    random = np.random.default_rng(1)
    for _ in range(_POINTS):
        yield tuple(Fraction(int(random.integers(1, 12)), int(random.integers(1, 5))) for _ in range(size))
