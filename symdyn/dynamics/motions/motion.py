"""How parameters are trained: gradient flow, weight decay, momentum in its phase space, sign flow.

Time t is `time`; friction and decay are rates, 1 / time. Everything else is dimensionless.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.algebra.polynomials.sparse import polynomials_from_expressions
from symdyn.algebra.polynomials.terms import IntegerTerms
from symdyn.certificate.witness.laws.setting import FORMULATIONS
from symdyn.errors import ModelError

#: The time of training; any symbol of this name in a friction or a decay is read as it.
time = sp.Symbol("t")

#: Formulations of momentum in a metric, each a different system; M as in theta' = -M grad L.
METRIC_MOMENTA = {
    name: FORMULATIONS[name]
    for name in ("naive momentum", "preconditioned momentum", "geodesic momentum", "accelerated mirror")
}
#: Where the second half of the phase space is not theta'.
SUFFIXES = {"preconditioned momentum": "momentum", "geodesic momentum": "momentum", "accelerated mirror": "mirror"}


@dataclass(frozen=True)
class Motion:
    """One formulation of the dynamics, with its rate.

    Parameters
    ----------
    formulation
        A key of `FORMULATIONS`.
    rate
        Friction tau(t) or decay lambda(t): a rational function of `time` and symbols that stand for constants.
    """

    formulation: str
    rate: sp.Expr = sp.S.Zero

    @property
    def has_momentum(self) -> bool:
        """Whether the phase space has twice the parameters."""
        return self.formulation == "momentum" or self.formulation in METRIC_MOMENTA

    @property
    def has_time(self) -> bool:
        """Whether time is a coordinate: not in gradient flow, nor where the rate is 0."""
        return self.rate != 0

    @property
    def is_free(self) -> bool:
        """Whether motion without forces is that of a free particle with friction: constants e^T v and q exist."""
        return self.formulation in ("momentum", "naive momentum")

    @property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """Symbols in the rate other than time, by name."""
        return tuple(sorted(self.rate.free_symbols - {time}, key=str))

    @cached_property
    def fraction(self) -> tuple[sp.Expr, sp.Expr]:
        """Numerator and denominator of the rate, polynomials with integer coefficients."""
        above, below = sp.fraction(sp.cancel(sp.together(self.rate)))
        return sp.expand(above), sp.expand(below)

    def terms(self, symbols: tuple[sp.Symbol, ...]) -> tuple[IntegerTerms, IntegerTerms]:
        """The same over the given symbols, which hold time and the constants."""
        names = ["the numerator of the rate", "the denominator of the rate"]
        above, below = polynomials_from_expressions(self.fraction, symbols, names=names, group=2).to_terms()
        return above, below

    @property
    def integrating_factor(self) -> sp.Expr:
        """e^T with T an integral of the rate: t^3 for 3/t, e^(tau t) for a constant."""
        return _integrating_factor(self.rate)

    @property
    def position_factor(self) -> sp.Expr | None:
        """A function f of time with f' = tau f - 1, which keeps theta + f theta' without forces; None if unknown."""
        return _position_factor(self.rate)

    def check_at(self, moment: Any) -> None:
        """Refuse a moment at which the rate is infinite."""
        if self.fraction[1].subs(time, moment) == 0:
            what = "decay" if self.formulation == "weight decay" else "friction"
            raise ModelError(f"the {what} {self.rate} has a pole at t = {moment}: give a point with another time")


@lru_cache
def _integrating_factor(rate: sp.Expr) -> sp.Expr:
    return sp.powsimp(sp.exp(sp.expand(sp.integrate(sp.apart(rate, time), time))))


@lru_cache
def _position_factor(rate: sp.Expr) -> sp.Expr | None:
    factor = _integrating_factor(rate)
    anti = sp.integrate(sp.expand(1 / factor), time)
    if isinstance(anti, sp.Piecewise):
        anti = anti.args[0][0]  # the case of generic constants
    found = sp.simplify(-factor * anti)
    exact = sp.simplify(sp.diff(found, time) - rate * found + 1) == 0
    return None if found.has(sp.Integral) or not exact else found


def motion_of(dynamics: Any, friction: Any, decay: Any, has_metric: bool) -> Motion:
    """The formulation from what a user gives.

    Raises
    ------
    ModelError
        If the name is unknown, a rate is missing, superfluous or no rational function of time, or momentum comes with
        a metric but without a formulation.
    """
    name = "gradient flow" if dynamics is None else dynamics
    if isinstance(name, str):
        name = {"heavy ball": "momentum", "nesterov": "momentum"}.get(name.lower(), name)
        if isinstance(dynamics, str) and dynamics.lower() == "nesterov" and friction is None:
            friction = 3 / time
    if not isinstance(name, str) or name not in FORMULATIONS:
        near = difflib.get_close_matches(str(name), FORMULATIONS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ModelError(f"the dynamics {name!r} are not known: {hint}there are {', '.join(FORMULATIONS)}")
    if name == "momentum" and has_metric:
        raise ModelError(
            "momentum in a metric can mean different systems with different laws: choose the dynamics "
            + "; ".join(f"{key!r} ({text})" for key, text in METRIC_MOMENTA.items())
        )
    if name == "sign flow" and has_metric:
        raise ModelError("the sign flow takes no metric: leave the metric out")
    momentum = name == "momentum" or name in METRIC_MOMENTA
    if friction is not None and not momentum:
        raise ModelError(f"friction came with {name}: it belongs to momentum, so write dynamics='momentum' as well")
    if decay is not None and name != "weight decay":
        raise ModelError(f"decay came with {name}: write dynamics='weight decay' as well")
    if momentum:
        if friction is None:
            raise ModelError(
                f"{name} needs its friction: give friction=3/t with t = symdyn.time (Nesterov), a constant (heavy "
                "ball), or 0"
            )
        return _checked(Motion(name, _rate(friction, "the friction")))
    if name == "weight decay":
        if decay is None:
            raise ModelError("weight decay needs its rate: give decay=lambda, a constant or a function of symdyn.time")
        return Motion(name, _rate(decay, "the decay"))
    return Motion(name)


def _rate(value: Any, what: str) -> sp.Expr:
    expression = checked_expression(value, what)
    expression = expression.subs({symbol: time for symbol in expression.free_symbols if symbol.name == "t"})
    floats = expression.atoms(sp.Float)
    if floats:
        worst = min(floats, key=str)
        raise ModelError(
            f"{worst} in {what} is a decimal, and laws are decided exactly: write {sp.nsimplify(worst, rational=True)}"
        )
    if not expression.is_rational_function(*expression.free_symbols):
        raise ModelError(f"{what} {expression} is no rational function of time t: give one, as in 3/t or a symbol")
    return sp.cancel(sp.together(expression))


def _checked(motion: Motion) -> Motion:
    if motion.formulation == "accelerated mirror" and time in sp.cancel(motion.rate * time).free_symbols:
        raise ModelError(
            f"the accelerated mirror has friction (k+1)/t with a constant k, and {motion.rate} is not of this form: "
            "write 3/t for k = 2"
        )
    if motion.formulation == "accelerated mirror" and sp.cancel(motion.rate * time) == 1:
        raise ModelError("the accelerated mirror with friction 1/t has k = 0 and does not move: write 3/t for k = 2")
    return motion
