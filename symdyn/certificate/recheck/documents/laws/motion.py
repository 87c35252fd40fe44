"""Laws that depend on time, under friction or decay, compared with the law of the constants of free motion.

With p = E theta' and q = theta + f theta' (q = E theta under decay) a stored law is a function of q and p. The factor E
and the function f that a certificate states are checked by their derivatives: E' = tau E, f' = tau f - 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from symdyn.certificate.recheck.documents.trees.derivatives import ONE, ZERO, derivative
from symdyn.certificate.recheck.documents.trees.formulas import Tree, UnreadableError, read_text
from symdyn.certificate.recheck.documents.trees.vanishing import vanishes
from symdyn.certificate.refutation import RefutedError, UndecidedError
from symdyn.certificate.statement.names import text_name
from symdyn.certificate.witness.laws.law import ElementaryLaw, PolynomialLaw, Terms
from symdyn.certificate.witness.laws.setting import Motion

_TIME = "t"
_PLACE = "witness.setting.motion"
_UNKNOWN: Tree = ("call", "f", ("name", _TIME))


class FreeMotion:
    """The constants of free motion as functions of parameters, velocities and time.

    Parameters
    ----------
    motion
        The dynamics, with the integrating factor.
    names
        Coordinates of the fields, then constants.
    dimension
        Number of coordinates.

    Raises
    ------
    RefutedError
        If the integrating factor is not that of the rate.
    UndecidedError
        If that is not seen here.
    """

    def __init__(self, motion: Motion, names: Sequence[str], dimension: int) -> None:
        self.names = [*names, _TIME]
        read = {text_name(name): name for name in (*names[dimension:], _TIME)} | {"pi": "pi"}
        rate = _read(motion.rate, read, "rate")
        growth = _read(motion.growth, read, "growth")
        self._check(("sum", derivative(growth, _TIME), ("minus", ("product", rate, growth))), "growth")
        if vanishes(growth, self.names) is not False:
            raise UndecidedError(f"{_PLACE}.growth is not seen to be other than zero")
        self.growth = growth
        position = self._position(motion, read, rate) if motion.has_momentum else ZERO
        self.images = _images(motion, names, dimension, growth, position)

    def _position(self, motion: Motion, read: Mapping[str, str], rate: Tree) -> Tree:
        """f in closed form; a name for it where none is stated, or none that is known here."""
        if not motion.position:
            return _UNKNOWN
        try:
            position = read_text(plain(motion.position), read)
            slope = derivative(position, _TIME)
        except UnreadableError:
            return _UNKNOWN
        self._check(("sum", slope, ONE, ("minus", ("product", rate, position))), "position")
        return position

    def _check(self, tree: Tree, field: str) -> None:
        found = vanishes(tree, self.names)
        if found is False:
            raise RefutedError(f"{_PLACE}.{field}", "does not go with the rate")
        if found is None:
            raise UndecidedError(f"{_PLACE}.{field} is not seen to go with the rate")

    def read(self, source: str, names: Mapping[str, str], reader: Callable[[str, Mapping[str, str]], Tree]) -> Tree:
        """The tree of a line, in which time and pi may occur."""
        circle = {"pi": "pi", r"\pi": "pi"} if "pi" not in self.names else {}
        return reader(source, {_TIME: _TIME, **circle, **names})

    def is_equal(self, left: Tree, right: Tree) -> bool | None:
        """Whether two formulas are one function; None where neither is seen."""
        return vanishes(("sum", left, ("minus", right)), self.names)

    def law(self, law: PolynomialLaw | ElementaryLaw) -> Tree:
        """A stored law as a function of parameters, velocities and time."""
        if isinstance(law, PolynomialLaw):
            return self._polynomial(law.terms)
        whole = law.whole_weights()
        if whole is not None:
            total: Tree = ONE
            for weight, (_, argument) in zip(whole, law.logarithms, strict=True):
                total = ("product", total, ("power", self._polynomial(argument), _number(weight)))
            return total
        parts = [
            ("product", self._polynomial(weight), ("call", "log", self._polynomial(argument)))
            for weight, argument in law.logarithms
        ]
        if law.numerator:
            parts.append(("quotient", self._polynomial(law.numerator), self._polynomial(law.denominator)))
        return ("sum", *parts) if parts else ZERO

    def _polynomial(self, terms: Terms) -> Tree:
        parts: list[Tree] = []
        for value, monomial in terms:
            product = _number(value)
            for k in monomial:
                product = ("product", product, self.images[k])
            parts.append(product)
        return ("sum", *parts) if parts else ZERO


def _read(source: str, names: Mapping[str, str], field: str) -> Tree:
    try:
        tree = read_text(plain(source), names)
        derivative(tree, _TIME)
    except UnreadableError as reason:
        raise UndecidedError(f"{_PLACE}.{field} is not read: it {reason}") from None
    return tree


def _images(motion: Motion, names: Sequence[str], dimension: int, growth: Tree, position: Tree) -> list[Tree]:
    """What stands for each coordinate and constant of the fields."""
    half = dimension // 2 if motion.has_momentum else 0
    images: list[Tree] = []
    for k, name in enumerate(names):
        own: Tree = ("name", name)
        if k < half:
            images.append(("sum", own, ("product", position, ("name", names[half + k]))))
        else:
            images.append(("product", growth, own) if k < dimension else own)
    return images


def _number(value: int) -> Tree:
    return ("number", Fraction(value))


def plain(source: str) -> str:
    """The notation of Python as that of documents."""
    return source.replace("**", "^").replace("*", " ")
