"""Where D(N, M) is negative, zero and positive over M, exactly, and from where on that is settled for all M."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.sheet import Sheet
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import whole
from symdyn.systems.implicit_deep_learning.inner import AffineInner, QuadraticLoss
from symdyn.systems.implicit_deep_learning.iteration import iterate_map, moving_space
from symdyn.systems.implicit_deep_learning.tables import performance_table
from symdyn.systems.implicit_deep_learning.training import performance_change, train


@dataclass(frozen=True, kw_only=True)
class SignRegions(Sheet):
    """Signs of D(N, M) over M.

    Parameters
    ----------
    regions
        First M, last M, and the sign -1, 0 or 1 in between, from -N to the largest M that was looked at.
    limit
        The sign of D(N, oo); None if the iterates have no limit.
    settled_from
        For all M from here on, also beyond the largest one that was looked at, D has the sign of the limit: shown by
        powers of the iteration that contract. None where that was not seen.
    verdict
        PROVED for exact input, OBSERVED for floats.
    """

    regions: tuple[tuple[int, int, int], ...]
    limit: int | None
    settled_from: int | None
    verdict: Verdict

    title = "Signs of the change of the outer loss"

    @property
    def gains(self) -> tuple[tuple[int, int], ...]:
        """First and last M of the regions in which the loss falls."""
        return tuple((first, last) for first, last, sign in self.regions if sign < 0)

    def rows(self) -> tuple[tuple[str, Any], ...]:
        """What is shown."""
        words = {-1: "negative", 0: "zero", 1: "positive", None: "no limit"}
        found = tuple((rf"$M$ from ${first}$ to ${last}$", words[sign]) for first, last, sign in self.regions)
        beyond = None if self.settled_from is None else rf"the same for all $M \ge {self.settled_from}$"
        return (*found, (r"$M = \infty$", words[self.limit]), ("", beyond))


def sign_regions(inner: AffineInner, loss: QuadraticLoss, steps: int, *, most: int = 100) -> SignRegions:
    """Where D(N, M) is negative, zero and positive for M = -N, ..., most, and in the limit.

    Parameters
    ----------
    inner, loss, steps
        As of `performance_change`.
    most
        The largest M that is looked at.

    Examples
    --------
    >>> inner = AffineInner([[sp.Rational(1, 2)]], [[sp.Rational(1, 2)]])
    >>> sign_regions(inner, QuadraticLoss([[1]], [1]), 2, most=9).regions
    ((-2, -1, 1), (0, 0, 0), (1, 9, 1))
    """
    count = whole(steps, "the number of steps")
    changes = range(-count, whole(most, "the largest change", least=0) + 1)
    found = performance_table(inner, loss, [count], changes)
    runs: list[tuple[int, int, int]] = []
    for M, value in zip(changes, found.train[0], strict=True):
        sign = _sign(value)
        if runs and runs[-1][2] == sign:
            runs[-1] = (runs[-1][0], M, sign)
        else:
            runs.append((M, M, sign))
    limit, settled = None, None
    try:
        limit = _sign(performance_change(inner, loss, count, sp.oo))
        settled = _settled(inner, loss, count, changes[-1]) if limit and limit == runs[-1][2] else None
    except ModelError:
        pass
    settled = None if settled is None else max(runs[-1][0], -count)
    return SignRegions(regions=tuple(runs), limit=limit, settled_from=settled, verdict=found.verdict)


def _settled(inner: AffineInner, loss: QuadraticLoss, steps: int, last: int) -> int | None:
    """Some M up to `last` from which D has the sign of its limit; None where that is not seen.

    With x_M = K_out (z_{N+M} - z_oo) and r = K_out z_oo - w, D(N, M) - D(N, oo) = scale (|x_M|^2/2 + <r, x_M>). On the
    moving space x_M is linear in a state that S_W multiplies; if the largest row of |S_W^m| sums to q < 1, the largest
    entry of the state at M bounds all later ones, taken over m successive M.
    """
    if not (inner.is_exact and loss.is_exact) or inner.symbols:
        return None
    space = moving_space(inner)
    theta = sp.Matrix(train(inner, loss, steps).theta)
    point = [*theta, 1]
    S, Q, B = (part.to_sympy() for part in (space.matrix, space.basis, space.coordinates))
    seen = loss.K_out * Q
    end = loss.K_out * (_at(iterate_map(inner, sp.oo), theta)) - loss.w
    state = -((sp.eye(space.size) - S).inv() * B * sp.Matrix(point))
    states, power = [], sp.eye(space.size)
    for _ in range(steps + last + 1):
        states.append(power * state)
        power = S * power
        if len(states) > 1 and max(sum(map(abs, power.row(i))) for i in range(space.size)) < 1:
            break
    else:
        return None
    m = len(states)
    if steps + last < m:
        return None
    for _ in range(steps + last + 1 - m):
        states.append(S * states[-1])
    largest = max(abs(x) for one in states[-m:] for x in one)
    reach = sum(map(abs, seen)) * largest
    bound = loss.scale * (reach**2 / 2 + max(map(abs, end)) * reach)
    limit = abs(performance_change(inner, loss, steps, sp.oo))
    return last - m + 1 if bound < limit else None


def _at(maps: Any, theta: Any) -> Any:
    G, g = maps
    return G * theta + g


def _sign(value: Any) -> int:
    if isinstance(value, sp.Expr) and value.free_symbols:
        raise ModelError(f"the change {came(value)} has symbols: give numbers, since signs are asked")
    return int(bool(value > 0)) - int(bool(value < 0))
