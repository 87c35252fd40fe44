"""Stability that conserved functions prove: a combination of them that is definite at the equilibrium.

The linear test is silent there, since all eigenvalues lie on the imaginary axis (multipliers on the unit circle).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.programs.derivatives import gradient
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.recheck.stability.definite_law import check_definite_law
from symdyn.certificate.recheck.stability.second_order import hessian, second_order
from symdyn.certificate.refutation import RefutedError, UndecidedError
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.program import Program
from symdyn.certificate.witness.stability.definite_law import DefiniteLawWitness
from symdyn.dynamics.answers.equilibrium import Stability
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.exact_points import rational_zero, rational_zero_near
from symdyn.equilibrium.asked.lowering import Residual, residual, stored_program
from symdyn.equilibrium.judge.enclosure import Enclosure, Floats
from symdyn.equilibrium.lyapunov.function import near
from symdyn.errors import ModelError

STABLE = "stable, not asymptotically"
_MOST_COORDINATES, _MOST_OF_HIGHER_ORDER = 16, 3
_SECONDS = 5.0
_MOST_LAWS = 12
_ZERO, _SMALL = 1e-9, 1e-7
_STEPS = 400
_GRAINS = (1, 12, 720, 10**6)
_WEIGHTS = (0, 1, 16, 10**3, 10**5, 10**8)
_METHOD = "the Hessian of a combination of conserved functions is definite, by pivots in balls"
_BITS = 200


@dataclass(frozen=True)
class _Place:
    """An equilibrium: exact numbers, or a center and a radius."""

    values: tuple[sp.Expr, ...]
    radius: Fraction | None


def with_laws(
    found: Stability,
    system: Residual,
    exact: Sequence[sp.Expr] | None,
    point: Floats,
    enclosure: Enclosure | None,
    laws: Sequence[sp.Expr],
) -> Stability:
    """The stability, with what conserved functions or a potential prove where the linear test is silent.

    Parameters
    ----------
    found
        By the linear test, or by the first term along a neutral direction.
    system
        What vanishes at the equilibrium.
    exact, point, enclosure
        The equilibrium: exact numbers if they are known, floats, and the ball that holds it alone, if there is one.
    laws
        Functions that were shown to be conserved.
    """
    if system.sign != 1 or found.conclusion in ("stable", "unstable") or found.unstable:
        return found
    proof = None
    if laws and not (found.verdict is Verdict.PROVED and found.stable):
        proof = proof_by_laws(system, exact, point, enclosure, laws)
    if proof is not None:
        # a conserved function with a strict minimum leaves no eigenvalue beside the axis
        size = system.model.dimension
        explained, eigenvalues = found.explained, found.eigenvalues
        return Stability(
            verdict=Verdict.PROVED,
            unstable=0,
            neutral=size,
            stable=0,
            explained=explained,
            conclusion=STABLE,
            eigenvalues=eigenvalues,
            reason=_because(proof),
            certificate=proof,
        )
    potential = system.model.potential if isinstance(system.model, Flow) else None
    if potential is not None and found.verdict is Verdict.PROVED and found.conclusion == "inconclusive":
        proof = _by_potential(system, exact, potential)
    if proof is None:
        return found
    return replace(found, conclusion="stable", reason=_because(proof), certificate=proof)


def _because(proof: Certificate) -> str:
    """What the certificate shows, in short."""
    return proof.claim.partition(": ")[2] if proof.witness["kind"] == DefiniteLawWitness.kind else proof.claim


def _is_small(system: Residual, exact: Sequence[sp.Expr] | None) -> bool:
    """Whether proofs to higher order are tried."""
    fractions = exact is not None and all(x.is_Rational for x in exact)
    return fractions and not system.equations and len(system.coords) <= _MOST_OF_HIGHER_ORDER


def _by_potential(system: Residual, exact: Sequence[sp.Expr] | None, potential: sp.Expr) -> Certificate | None:
    """The potential of a gradient flow falls, and may have a strict minimum to higher order."""
    if exact is None or not _is_small(system, exact):
        return None
    here = potential.subs(dict(zip(system.coords, exact, strict=True)))
    return near(potential - here, system.model, exact, time_limit=_SECONDS)


def shown_at(
    model: Flow | Iteration, exact: Sequence[sp.Expr], laws: Sequence[sp.Expr]
) -> tuple[str, Certificate] | None:
    """The conclusion and its proof at one exact equilibrium, for a spectrum that touches the axis; None where none is.

    Parameters
    ----------
    model
        Without parameters.
    exact
        The equilibrium.
    laws
        Functions that were shown to be conserved.
    """
    system = residual(model)
    floats = np.asarray([float(x) for x in exact])
    silent = Stability(verdict=Verdict.PROVED, unstable=0, neutral=model.dimension, stable=0)
    found = with_laws(silent, system, tuple(exact), floats, None, laws)
    return None if found.certificate is None else (f"{found.conclusion}: {found.reason}", found.certificate)


def proof_by_laws(
    system: Residual,
    exact: Sequence[sp.Expr] | None,
    point: Floats,
    enclosure: Enclosure | None,
    laws: Sequence[sp.Expr],
) -> Certificate | None:
    """The certificate of stability, if a combination of the functions is definite; None where none is found."""
    if len(system.coords) > _MOST_COORDINATES or len(laws) > _MOST_LAWS:
        return None
    for place in _places(system, exact, point, enclosure):
        try:
            proof = _proof(system, place, tuple(laws))
        except (ModelError, np.linalg.LinAlgError):
            continue
        if proof is not None:
            return proof
    return _to_higher_order(system, exact, laws)


def _to_higher_order(
    system: Residual, exact: Sequence[sp.Expr] | None, laws: Sequence[sp.Expr]
) -> Certificate | None:
    """One conserved function with a strict minimum or maximum that its Hessian does not show."""
    if exact is None or not _is_small(system, exact):
        return None
    values = dict(zip(system.coords, exact, strict=True))
    for law in laws:
        for sign in (1, -1):
            proof = near(sp.expand(sign * (law - law.subs(values))), system.model, exact, time_limit=_SECONDS)
            if proof is not None:
                return proof
    return None


def _places(
    system: Residual, exact: Sequence[sp.Expr] | None, point: Floats, enclosure: Enclosure | None
) -> Iterator[_Place]:
    if exact is not None and not any(x.has(sp.Float) for x in exact):
        yield _Place(tuple(exact), None)
    found = None if enclosure is None else rational_zero(system, enclosure.balls)
    if found is None:
        found = rational_zero_near(system, point.tolist(), max(1.0, float(np.abs(point).max(initial=0.0))))
    if found is not None:
        yield _Place(tuple(sp.Rational(x.numerator, x.denominator) for x in found), None)
    elif enclosure is not None and isinstance(system.model, Flow) and not system.equations:
        center = [ball.mid().man_exp() for ball in enclosure.balls]
        values = tuple(sp.Integer(int(m)) * sp.Integer(2) ** int(e) for m, e in center)
        yield _Place(values, Fraction(enclosure.unique_radius) / 2)


def _proof(system: Residual, place: _Place, laws: tuple[sp.Expr, ...]) -> Certificate | None:
    update = system.model.update if isinstance(system.model, Iteration) else system.components
    program = stored_program(straight_line([*update, *system.equations, *laws], system.coords))
    stored = stored_program(straight_line(list(place.values), ()))
    functions = (*laws, *system.equations)
    ordered = Program(program.inputs, program.steps, _laws_first(program.outputs, len(system.coords), len(laws)))
    with flint.ctx.workprec(_BITS):
        values = [one.value for one in second_order(stored, ())]
        found = second_order(ordered, values)
        slopes = np.asarray([[float(x) for x in one.slope] for one in found])
        bends = np.asarray([[[float(x) for x in row] for row in hessian(one)] for one in found])
    if not (np.isfinite(slopes).all() and np.isfinite(bends).all()):
        return None
    for factors in _combinations(functions, system.coords, place, slopes, bends):
        for weight in _WEIGHTS if np.abs(slopes).max(initial=0.0) > _SMALL else _WEIGHTS[:1]:
            if not _is_definite(factors, weight, slopes, bends):
                continue
            witness = DefiniteLawWitness(
                dynamics="iteration" if isinstance(system.model, Iteration) else "flow",
                names=tuple(symbol.name for symbol in system.coords),
                equations=len(system.equations),
                laws=len(laws),
                program=program,
                point=stored,
                multipliers=stored_program(straight_line(list(factors), ())),
                weight=Fraction(weight),
                radius=place.radius,
            )
            if _holds(witness):
                return certified(witness, Verdict.PROVED, _METHOD, provenance=provenance())
    return None


def _laws_first(outputs: tuple[int, ...], size: int, laws: int) -> tuple[int, ...]:
    others = outputs[size : len(outputs) - laws]
    return (*outputs[len(outputs) - laws :], *others)


def _holds(witness: DefiniteLawWitness) -> bool:
    try:
        return check_definite_law(witness, Verdict.PROVED.value).verdict == Verdict.PROVED.value
    except (RefutedError, UndecidedError, ZeroDivisionError, OverflowError, ValueError):
        return False


def _is_definite(factors: Sequence[sp.Expr], weight: int, slopes: Floats, bends: Floats) -> bool:
    """By floats, so that only a promising witness is checked; a margin of nothing is left to the check."""
    numbers = np.asarray([float(x) for x in factors])
    total = np.tensordot(numbers, bends, 1) + 2 * weight * slopes.T @ slopes
    scale = np.sqrt(np.abs(np.diag(total)))
    if not (scale > 0).all():
        return False
    return bool(np.linalg.eigvalsh(total / np.outer(scale, scale)).min() > 0)


def _combinations(
    functions: Sequence[sp.Expr], coords: Sequence[sp.Symbol], place: _Place, slopes: Floats, bends: Floats
) -> Iterator[list[sp.Expr]]:
    """Exact factors with which the functions have no slope together, that may make them definite."""
    basis = _without_slope(functions, coords, place, slopes)
    if not basis:
        return
    numbers = np.asarray([[float(x) for x in one] for one in basis])
    across = _kernel(slopes)
    forms = [across.T @ np.tensordot(one, bends, 1) @ across for one in numbers]
    sizes = [max(float(np.abs(form).max(initial=0.0)), 1e-300) for form in forms]
    shares = _most_definite([form / size for form, size in zip(forms, sizes, strict=True)])
    if shares is None:
        return
    wanted = np.asarray([share / size for share, size in zip(shares, sizes, strict=True)])
    wanted = wanted / np.abs(wanted).max()
    for grain in _GRAINS:
        rounded = [sp.Rational(round(float(x) * grain), grain) for x in wanted]
        if any(rounded):
            combined = [sum((r * one[k] for r, one in zip(rounded, basis, strict=True)), sp.S.Zero)
                        for k in range(len(functions))]  # fmt: skip
            yield _short(combined)


def _short(factors: list[sp.Expr]) -> list[sp.Expr]:
    """Divided by the size of the first that is not 0."""
    first = next(x for x in factors if x != 0)
    size = abs(first) if first.is_Rational else sp.S.One
    return [sp.nsimplify(x / size) if x.is_Rational else x / size for x in factors]


def _without_slope(
    functions: Sequence[sp.Expr], coords: Sequence[sp.Symbol], place: _Place, slopes: Floats
) -> list[list[sp.Expr]]:
    """A basis of the combinations whose gradient vanishes at the point: exactly where it is made of fractions."""
    count = len(functions)
    if place.radius is not None:
        return [[sp.Integer(int(i == j)) for i in range(count)] for j in range(count)]
    values = dict(zip(coords, place.values, strict=True))
    rows = [[entry.subs(values) for entry in gradient(one, coords)] for one in functions]
    if all(entry.is_Rational for row in rows for entry in row):
        return [list(vector) for vector in sp.Matrix(rows).T.nullspace()]
    scale = np.maximum(np.abs(slopes).max(axis=1, initial=0.0), _ZERO)
    _, singular, right = np.linalg.svd((slopes / scale[:, None]).T)
    rank = int((singular > _SMALL).sum())
    found = []
    for vector in right[rank:]:
        factors = vector / scale
        factors = factors / factors[int(np.abs(factors).argmax())]
        found.append([sp.nsimplify(float(x), rational=True, tolerance=1e-9) for x in factors])
    return found


def _kernel(slopes: Floats) -> Floats:
    """Directions along which no function moves, orthonormal."""
    scale = np.maximum(np.abs(slopes).max(axis=1, initial=0.0), _ZERO)
    _, singular, right = np.linalg.svd(slopes / scale[:, None])
    rank = int((singular > _SMALL).sum())
    return np.asarray(right[rank:].T)


def _most_definite(forms: Sequence[Floats]) -> Floats | None:
    """Shares of symmetric forms whose sum has a large smallest eigenvalue, by steps along its slope."""
    if not forms[0].size:
        return None
    best, found = 0.0, None
    starts = [sign * row for row in np.eye(len(forms)) for sign in (1.0, -1.0)]
    for start in starts:
        shares = start.copy()
        for step in range(_STEPS if len(forms) > 1 else 1):
            values, vectors = np.linalg.eigh(np.tensordot(shares, np.asarray(forms), 1))
            if values[0] > best * (1 + 1e-3) + 1e-12:
                best, found = float(values[0]), shares.copy()
            slope = np.asarray([vectors[:, 0] @ form @ vectors[:, 0] for form in forms])
            shares = shares + slope / (np.linalg.norm(slope) + 1e-300) / (2.0 + step)
            shares = shares / np.linalg.norm(shares)
    return found
