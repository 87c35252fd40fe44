"""Transport plans of least cost with their potentials, certified in integers where asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import linear_sum_assignment

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.measures.transport_plan import TransportPlanWitness
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array

_TOTAL = 1e-9
_LARGEST = 2**50  # whole numbers up to here add up exactly as floats
_METHOD = "a plan and potentials of one value: complementary slackness in integers"


@dataclass(frozen=True, kw_only=True)
class Transport:
    """A plan of least cost.

    Parameters
    ----------
    plan
        (n, m), with the masses as its sums.
    value
        The cost; a Fraction where it is certified.
    potentials
        (n,) and (m,): their sum is at most the cost everywhere, and the cost where the plan moves something.
    certificate
        PROVED, where asked for.
    """

    plan: Floats
    value: Any
    potentials: tuple[Any, Any] = field(repr=False)
    certificate: Certificate | None = None

    @property
    def verdict(self) -> Verdict:
        """PROVED with a certificate, else OBSERVED: floats."""
        return Verdict.OBSERVED if self.certificate is None else self.certificate.verdict


def transport_plan(cost: Any, a: Any = None, b: Any = None, *, certify: bool = False) -> Transport:
    """The plan of least cost between masses a and b.

    Equally many equal masses go by SciPy's assignment, others by POT.

    Parameters
    ----------
    cost
        (n, m).
    a, b
        Masses (n,) and (m,) from 0 with sum 1; uniform unless given.
    certify
        Whether integer potentials are to prove it: costs and masses are then integers, Fractions or SymPy rationals.

    Raises
    ------
    ModelError, ShapeError
        If shapes do not fit, masses are negative or do not sum to 1, a cost to be certified is no fraction, or POT is
        needed and missing.

    Examples
    --------
    >>> found = transport_plan([[0, 3], [2, 1]], certify=True)
    >>> found.value, found.verdict, found.certificate.verify().verdict
    (Fraction(1, 2), Verdict.PROVED, Verdict.PROVED)
    """
    if certify:
        return _certified(cost, a, b)
    costs = real_array(cost, "the matrix of costs", ndim=2)
    n, m = costs.shape
    first, second = float_masses(a, n, "a"), float_masses(b, m, "b")
    plan = least_plan(costs, first, second)
    rows, columns = potentials_of(costs, plan > 0)
    return Transport(plan=plan, value=float((plan * costs).sum()), potentials=(rows, columns))


def least_plan(costs: Floats, first: Floats, second: Floats) -> Floats:
    """The plan alone, by SciPy's assignment where masses are equal, else by POT."""
    n, m = costs.shape
    if n == m and (first == first[0]).all() and (second == first[0]).all():
        plan = np.zeros((n, m))
        plan[linear_sum_assignment(costs)] = first[0]
        return plan
    try:
        import ot
    except ImportError:
        raise ModelError(
            "transport between masses that are not equal in number and size needs POT: pip install "
            "'symdyn-toolkit[transport]'"
        ) from None
    # the default centring of the potentials would leave the integers
    plan, log = ot.emd(first, second, costs, log=True, center_dual=False, numItermax=10**7)
    if log["warning"] is not None:
        raise ModelError(f"POT did not finish the transport plan ({log['warning']}): scale the costs")
    return np.asarray(plan, dtype=float)


def potentials_of(costs: Any, moved: Any) -> tuple[Any, Any]:
    """Shortest distances in the residual graph: along (i, j) at its cost, and back where the plan moves something.

    Integers stay exact. A plan that is not optimal has a cycle of negative length, and then nothing settles.
    """
    n, m = costs.shape
    back = [np.flatnonzero(moved[:, j]) for j in range(m)]
    sources = np.concatenate([np.full(len(rows), j) for j, rows in enumerate(back)])
    targets = np.concatenate(back)
    lengths = costs[targets, sources]
    is_exact = costs.dtype != float
    slack = 0 if is_exact else 1e-13 * float(np.abs(costs).max())
    rows, columns = np.zeros(n, dtype=costs.dtype), np.zeros(m, dtype=costs.dtype)
    for _ in range(n + m + 1):
        columns = (costs + rows[:, None]).min(axis=0)
        reached = rows.copy()
        np.minimum.at(reached, targets, columns[sources] - lengths)
        if (rows - reached).max() <= slack:
            return -rows, columns
        rows = reached
    raise ModelError("the plan is not optimal within rounding: certify=True with fractions decides it")


def _certified(cost: Any, a: Any, b: Any) -> Transport:
    listed = cost.tolist() if isinstance(cost, np.ndarray | sp.MatrixBase) else [list(row) for row in cost]
    if not listed or not listed[0] or len({len(row) for row in listed}) > 1:
        raise ShapeError("the matrix of costs has rows of different lengths or none: give (n, m)")
    n, m = len(listed), len(listed[0])
    exact = [[exact_fraction(entry, "a cost to be certified") for entry in row] for row in listed]
    first, second = exact_masses(a, n, "a"), exact_masses(b, m, "b")
    unit = math.lcm(*(entry.denominator for row in exact for entry in row))
    total = math.lcm(*(mass.denominator for mass in (*first, *second)))
    costs = [[int(entry * unit) for entry in row] for row in exact]
    largest = max(abs(entry) for row in costs for entry in row)
    if largest * (n + m) > _LARGEST or total > _LARGEST:
        raise ModelError("costs or masses have too large a common denominator to be certified: give rounder numbers")
    numbers = np.array(costs, dtype=np.int64)
    masses = [np.array([int(mass * total) for mass in side], dtype=np.int64) for side in (first, second)]
    # whole masses: the network simplex adds and subtracts them only, so its plan is exact
    plan = np.rint(least_plan(numbers.astype(float), *(side.astype(float) for side in masses))).astype(np.int64)
    rows, columns = potentials_of(numbers, plan > 0)
    moved = tuple((int(i), int(j), int(plan[i, j])) for i, j in zip(*np.nonzero(plan)))
    sides = [tuple(map(int, side)) for side in (*masses, rows, columns)]
    record = TransportPlanWitness(
        costs=tuple(map(tuple, costs)),
        unit=unit,
        first=sides[0],
        second=sides[1],
        plan=moved,
        rows=sides[2],
        columns=sides[3],
    )
    certificate = certified(record, Verdict.PROVED, _METHOD, provenance=provenance())
    potentials = tuple(tuple(Fraction(value, unit) for value in side) for side in sides[2:])
    return Transport(
        plan=plan / total, value=record.value, potentials=(potentials[0], potentials[1]), certificate=certificate
    )


def exact_fraction(value: Any, what: str) -> Fraction:
    """An integer, Fraction or SymPy rational as a Fraction.

    Raises
    ------
    ModelError
        If it is none; floats are none.

    Examples
    --------
    >>> exact_fraction(sp.Rational(2, 3), "the weight")
    Fraction(2, 3)
    """
    if isinstance(value, sp.Rational):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, int | np.integer | Fraction) and not isinstance(value, bool):
        return Fraction(int(value)) if isinstance(value, np.integer) else Fraction(value)
    raise ModelError(f"{what} is {came(value)}: give an integer or a fraction, as in Fraction(1, 3)")


def float_masses(given: Any, count: int, name: str) -> Floats:
    """Masses that were given, checked, or uniform ones."""
    if given is None:
        return np.full(count, 1 / count)
    masses = real_array(given, f"the list of masses {name}", ndim=1)
    _check_masses(len(masses), count, masses.min(initial=0), float(masses.sum()), _TOTAL, name)
    return masses


def exact_masses(given: Any, count: int, name: str) -> list[Fraction]:
    """Masses that were given, checked, or uniform ones, as fractions."""
    if given is None:
        return [Fraction(1, count)] * count
    masses = [exact_fraction(mass, f"a mass of {name}") for mass in given]
    _check_masses(len(masses), count, min(masses, default=0), sum(masses), 0, name)
    return masses


def _check_masses(given: int, count: int, least: Any, total: Any, within: float, name: str) -> None:
    if given != count:
        raise ShapeError(f"{given} masses {name} came for {count} atoms: give one for each")
    if least < 0:
        raise ModelError(f"a mass of {name} is {least}: give masses from 0")
    if abs(total - 1) > within:
        raise ModelError(f"the masses {name} sum to {total}, not to 1: divide them by their sum")
