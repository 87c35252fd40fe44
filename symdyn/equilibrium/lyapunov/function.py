"""Whether a function is a Lyapunov function of an equilibrium: proved, or refuted by a point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.recheck.identities.formal_fractions import GivenUpError
from symdyn.certificate.recheck.stability.lyapunov import (
    check_lyapunov,
    has_no_slope,
    negated,
    polynomial_or_none,
    region_polynomials,
)
from symdyn.certificate.recheck.stability.positive_cover import Parts
from symdyn.certificate.recheck.stability.shifted import Polynomial
from symdyn.certificate.refutation import RefutedError, UndecidedError
from symdyn.certificate.statement import certified, claim_of
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.stability.lyapunov import LyapunovWitness, NoLyapunovWitness, Proof
from symdyn.equilibrium.asked.lowering import Model, stored_program
from symdyn.equilibrium.asked.options import Clock, checked_limit
from symdyn.equilibrium.lyapunov.counterexamples import counterexample
from symdyn.equilibrium.lyapunov.cover import cover_of
from symdyn.equilibrium.lyapunov.gram import squares_of
from symdyn.equilibrium.lyapunov.question import Question, question
from symdyn.errors import ModelError

_SHARES = (sp.Rational(1, 2), sp.Rational(1, 16), sp.Rational(1, 256))
_BY = {"squares": "exact sums of squares", "cover": "certain signs on the parts of a box", "zero": "an identity"}


def is_lyapunov(
    function: Any, flow: Any, region: Any = None, *, at: Any = None, time_limit: float | None = 60.0
) -> Certificate:
    """Whether a function V is a Lyapunov function of an equilibrium in a region.

    It is one if V is 0 at the equilibrium and positive elsewhere in the region, and its rate grad V . F (for an
    iteration its change V(F(x)) - V(x)) is nowhere positive there: the equilibrium is stable. If the rate is negative
    but at the equilibrium, it is asymptotically stable. The claim of the certificate says which of the two holds.

    Parameters
    ----------
    function
        V, a formula in the coordinates; floats are the simple numbers that they are written for.
    flow
        A Flow or an Iteration with numbers for all parameters, without a constraint that has equations.
    region
        None for everywhere; two numbers for all coordinates, or a mapping from each coordinate (or its name) to two
        numbers, for a closed box; a `Constraint` with inequalities alone. Inequalities of the flow's own domain are
        added.
    at
        The equilibrium, in fractions: by default the origin if it is one in the region, else one at which V vanishes
        that is found near a minimum of V.
    time_limit
        In seconds; None for no limit.

    Returns
    -------
    Certificate
        What is proved: the conditions, by exact sums of squares (with polynomials of the region) or by branch and bound
        in intervals, with the Hessian near the equilibrium. What is refuted: an exact point at which V is not positive,
        or its rate is. UNDECIDED where neither is found: nothing is denied then.

    Raises
    ------
    ModelError
        If V has a symbol that is no coordinate, the equilibrium is none or not inside of the region, or the region is
        none.

    Examples
    --------
    >>> from symdyn import Flow, VectorField
    >>> x, y = sp.symbols("x y")
    >>> flow = Flow(VectorField((x, y), [-x**3 - y, x - y]))
    >>> is_lyapunov(x**2 + y**2, flow).claim.partition(": ")[2]
    'it is 0 there and positive elsewhere, and its rate -2*x**4 - 2*y**2 is negative elsewhere; the point is \
asymptotically stable'
    >>> is_lyapunov(x**2 - y**2, flow).verdict
    Verdict.REFUTED
    """
    clock = Clock(checked_limit(time_limit))
    asked = question(function, flow, region, at)
    try:
        with clock.running():
            return _answered(asked)
    except OutOfTimeError:
        return _undecided(asked, "the time was over")


def _answered(asked: Question) -> Certificate:
    against = counterexample(asked)
    if against is not None:
        return certified(against[0], Verdict.REFUTED, against[1], provenance=provenance())
    positive = next(_proofs(asked, len(asked.coords), strict=True), None)
    if positive is None:
        return _undecided(asked, "that it is positive elsewhere was neither proved nor refuted")
    found = _proved(asked, positive)
    return found or _undecided(asked, "it is positive elsewhere; that its rate is not was neither proved nor refuted")


def _proved(asked: Question, positive: Proof, *, weak: bool = True) -> Certificate | None:
    for witness in _witnesses(asked, positive):
        if not weak and not witness.strict and witness.falling.by != "zero":
            return None
        if _holds(witness):
            how = f"positive by {_BY[witness.positive.by]}, the rate by {_BY[witness.falling.by]}"
            return certified(witness, Verdict.PROVED, how, provenance=provenance())
    return None


def near(function: sp.Expr, model: Model, point: Sequence[sp.Expr], *, time_limit: float) -> Certificate | None:
    """A proof that a function is a Lyapunov function near a point of fractions, conserved or with a negative rate.

    None where none is found: everywhere, or in small boxes around the point.
    """
    at = dict(zip(model.coords, point, strict=True))
    size = max((abs(x) for x in point), default=sp.S.Zero)
    regions: list[Any] = [None]
    for share in _SHARES:
        width = max(sp.S.One, size) * share
        regions.append({symbol: (at[symbol] - width, at[symbol] + width) for symbol in model.coords})
    try:
        with Clock(time_limit).running():
            for region in regions:
                asked = question(function, model, region, at)
                positive = next(_proofs(asked, len(asked.coords), strict=True), None)
                found = None if positive is None else _proved(asked, positive, weak=False)
                if found is not None:
                    return found
    except (ModelError, OutOfTimeError):
        return None
    return None


def _undecided(asked: Question, reason: str) -> Certificate:
    point = stored_program(straight_line([sp.Rational(x.numerator, x.denominator) for x in asked.setting.point], ()))
    record = NoLyapunovWitness(asked.setting, asked.short_program, "positive", point)
    return Certificate(
        claim=claim_of(record, Verdict.UNDECIDED.value),
        verdict=Verdict.UNDECIDED,
        method=reason,
        witness={"kind": "undecided"},
        provenance=provenance(),
    )


def _holds(witness: LyapunovWitness) -> bool:
    try:
        return check_lyapunov(witness, Verdict.PROVED.value).verdict == Verdict.PROVED.value
    except (RefutedError, UndecidedError, ZeroDivisionError, OverflowError):
        return False


def _witnesses(asked: Question, positive: Proof) -> Iterator[LyapunovWitness]:
    """Witnesses by what they say of the rate: negative elsewhere, 0, or nowhere positive."""
    row = len(asked.coords) + 1
    setting, program = asked.setting, asked.program
    if asked.rate == 0:
        yield LyapunovWitness(setting, program, False, False, positive, Proof("zero"))
        return
    for proof in _proofs(asked, row, strict=True):
        yield LyapunovWitness(setting, program, True, False, positive, proof)
    for proof in _proofs(asked, row, strict=False):
        yield LyapunovWitness(setting, program, False, False, positive, proof)
    for square, rest in _split(asked):
        split = asked.with_factors((square, rest))
        for proof in _proofs(asked, len(split.outputs) - 1, strict=False, split=(square, rest)):
            yield LyapunovWitness(setting, split, False, True, positive, proof)
        return


def _split(asked: Question) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    """s and r with -rate = s^2 r, r without squares."""
    try:
        constant, factors = sp.factor_list(-asked.rate)
    except sp.PolynomialError:
        return
    square = sp.Mul(*(base ** (power // 2) for base, power in factors))
    rest = constant * sp.Mul(*(base for base, power in factors if power % 2))
    if square.free_symbols:
        yield square, sp.expand(rest)


def _proofs(
    asked: Question, row: int, *, strict: bool, split: tuple[sp.Expr, sp.Expr] | None = None
) -> Iterator[Proof]:
    """Proofs that an output is positive elsewhere, or not negative: of the rate its negative is meant."""
    size = len(asked.coords)
    program = asked.program if split is None else asked.with_factors(split)
    program = negated(program, row) if row == size + 1 else program
    point = asked.setting.point
    polynomial = polynomial_or_none(program, point, row)
    if polynomial is not None:
        yield from _by_squares(asked, polynomial, strict=strict)
    box = [(low, high) for low, high in asked.setting.box if low is not None and high is not None]
    if len(box) == size:
        region = tuple(range(size + 2, size + 2 + len(asked.inequalities)))
        parts = Parts(
            program=program,
            row=row,
            region=region,
            box=tuple(box),
            polynomial=polynomial,
            point=point,
            strict=strict,
        )
        try:
            flat = has_no_slope(program, point, row)
        except GivenUpError:
            flat = False
        found = cover_of(parts, is_flat=flat)
        if found is not None:
            yield found


def _by_squares(asked: Question, polynomial: Polynomial, *, strict: bool) -> Iterator[Proof]:
    """By squares alone, and then with polynomials of the region."""
    found = squares_of(polynomial, (), strict=strict)
    if found is not None:
        yield Proof("squares", found)
        return
    try:
        region = region_polynomials(asked.setting, asked.program)
    except GivenUpError:
        return
    if not region:
        return
    for more in (0, 2):
        found = squares_of(polynomial, region, strict=strict, more=more)
        if found is not None:
            yield Proof("squares", found)
            return
