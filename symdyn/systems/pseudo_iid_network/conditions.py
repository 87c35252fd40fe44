"""Which conditions of PSEUDO-IID an ensemble meets in the limit of large matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import one_of, whole
from symdyn.numerics.ensembles import EntryLaw
from symdyn.systems.pseudo_iid_network.ensembles import ENSEMBLES, Draw, ensemble_moments, sampled_moments

_SIZE = sp.Symbol("n", integer=True, positive=True)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition of PSEUDO-IID.

    Parameters
    ----------
    name
        "(i)" to "(iv)".
    statement
        In words.
    holds, verdict
        Whether it holds, and how that is known.
    limit
        Of the moment that decides, as n grows; None where it is of no number.
    rate
        Exponent of n in the distance from the limit; None where the distance is 0 or unknown.
    values
        (n, moment) at the sizes asked for.
    counterexample
        What fails: the moment, its limit, and its value at the smallest size.
    """

    name: str
    statement: str
    holds: bool
    verdict: Verdict
    limit: Any = None
    rate: Any = None
    values: tuple[tuple[int, Any], ...] = ()
    counterexample: str = ""


@dataclass(frozen=True)
class PseudoIID:
    """The conditions of an ensemble; `holds` if all do."""

    ensemble: str
    conditions: tuple[Condition, ...]

    @property
    def holds(self) -> bool:
        """Whether all conditions hold."""
        return all(one.holds for one in self.conditions)

    @property
    def counterexample(self) -> str:
        """Of the first condition that fails."""
        return next((one.counterexample for one in self.conditions if not one.holds), "")


_STATEMENTS = {
    "(i)": "rows are exchangeable, and columns are",
    "(ii)": "entries are centred and uncorrelated, of variance sigma^2/n",
    "(iii)": "n^4 E <a, w>^8 is bounded for unit vectors a",
    "(iv)": "n^2 E W_ij W_kj W_lj' W_pj' tends to sigma^4 for i = k, l = p, and to 0 else",
}


def check_pseudo_iid(
    ensemble: str | Draw,
    sizes: Sequence[int] = (8, 16, 32),
    *,
    rank: Any = None,
    block: Any = None,
    law: str | EntryLaw = "gaussian",
    draws: int = 2000,
    seed: int = 0,
) -> PseudoIID:
    """Which of the conditions (i) to (iv) square matrices of an ensemble meet as n grows.

    Parameters
    ----------
    ensemble
        A name; or a function of size, draws and generator that gives (draws, n, n), which is only sampled.
    sizes
        Whole numbers n at which moments are shown.
    rank, block
        A whole number stays fixed as n grows; a fraction below 1 is that part of n.
    law, draws, seed
        As of `draw_weights`.

    Examples
    --------
    >>> check_pseudo_iid("low-rank", rank=2).counterexample
    'n^2 E W_11 W_12 W_21 W_22 tends to 1/2, not to 0; at n = 8 it is 12/35'
    >>> check_pseudo_iid("low-rank", rank=sp.Rational(1, 2)).holds
    True
    """
    listed = [whole(n, "a size", least=2) for n in sizes]
    if not listed:
        raise ModelError("there are no sizes: give at least one")
    if callable(ensemble):
        return _sampled_check(ensemble, sorted(listed), draws, seed)
    kind = one_of(ensemble, "the ensemble", ENSEMBLES)
    r, b = (_part(value, what) for value, what in ((rank, "the rank"), (block, "the block")))
    r = sp.Rational(1, 2) * _SIZE if kind == "low-rank" and r is None else r
    b = sp.Rational(1, 4) * _SIZE if kind == "block-sparse" and b is None else b
    exact = ensemble_moments(kind, _SIZE, _SIZE, rank=r, block=b, law=law)
    deciding = {"(iii)": ("eighth",), "(iv)": ("same_row", "cross_rows", "distinct_rows")}
    wanted = {"eighth": None, "same_row": 1, "cross_rows": 1, "distinct_rows": 0}
    found = [
        Condition(name=name, statement=_STATEMENTS[name], holds=True, verdict=Verdict.PROVED)
        for name in ("(i)", "(ii)")
    ]
    for name, moments in deciding.items():
        conditions = [_limit(name, key, getattr(exact, key), wanted[key], sorted(listed)) for key in moments]
        failing = [one for one in conditions if not one.holds]
        found.append(failing[-1] if failing else conditions[-1])
    return PseudoIID(kind, tuple(found))


_MOMENT_NAMES = {
    "eighth": "n^4 E <a, w>^8",
    "same_row": "n^2 E W_11^2 W_12^2",
    "cross_rows": "n^2 E W_11^2 W_22^2",
    "distinct_rows": "n^2 E W_11 W_12 W_21 W_22",
}


def _part(value: Any, what: str) -> sp.Expr | None:
    """A fixed number, or a part of n."""
    if value is None:
        return None
    if isinstance(value, float | Fraction) or (isinstance(value, sp.Rational) and not value.is_Integer):
        share = sp.Rational(str(value))
        if not 0 < share < 1:
            raise ModelError(f"{what} is {came(value)}: give a whole number, or a part of n between 0 and 1")
        return share * _SIZE
    return sp.Integer(whole(int(value) if isinstance(value, sp.Integer) else value, what, least=1))


def _limit(name: str, key: str, moment: sp.Expr, wanted: int | None, sizes: list[int]) -> Condition:
    limit = sp.limit(moment, _SIZE, sp.oo) if moment.free_symbols else moment
    holds = bool(limit.is_finite) if wanted is None else bool(limit == wanted)
    apart = sp.factor(moment - limit) if limit.is_finite else moment
    numerator, denominator = sp.fraction(sp.together(apart))
    rate = None if apart == 0 else sp.degree(numerator, _SIZE) - sp.degree(denominator, _SIZE)
    values = tuple((n, moment.subs(_SIZE, n)) for n in sizes)
    aim = "a bound" if wanted is None else str(wanted)
    against = (
        "" if holds
        else f"{_MOMENT_NAMES[key]} tends to {limit}, not to {aim}; at n = {sizes[0]} it is {values[0][1]}"
    )  # fmt: skip
    return Condition(
        name=name, statement=_STATEMENTS[name], holds=holds, verdict=Verdict.PROVED if holds else Verdict.REFUTED,
        limit=limit, rate=rate, values=values, counterexample=against,
    )  # fmt: skip


def _sampled_check(ensemble: Any, sizes: list[int], draws: int, seed: int) -> PseudoIID:
    """By moments: a condition is observed to fail where the interval at the largest size misses the limit."""
    rows = []
    for n in sizes:
        rows.append((n, sampled_moments(partial(ensemble, n), n, n, draws=draws, seed=seed)))
    n, last = rows[-1]
    found = []
    slack = 10 / n
    for name, key, wanted in (("(ii)", "variance", 1), ("(iii)", "eighth", None), ("(iv)", "same_row", 1),
                              ("(iv)", "cross_rows", 1), ("(iv)", "distinct_rows", 0)):  # fmt: skip
        value = getattr(last, key)
        holds = value.high < 10**4 if wanted is None else value.meets(wanted, slack)
        text = "" if holds else f"{_MOMENT_NAMES.get(key, 'n E W_11^2')} is {value} at n = {n}"
        found.append(
            Condition(name=name, statement=_STATEMENTS[name], holds=bool(holds), verdict=Verdict.OBSERVED,
                      values=tuple((size, getattr(part, key)) for size, part in rows), counterexample=text)
        )  # fmt: skip
    return PseudoIID("sampled", tuple(found))

