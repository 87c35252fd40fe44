"""The real solutions of a polynomial system: isolated exactly, refined to any precision, with exact signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.programs.fractions_of_polynomials import ring
from symdyn.algebra.zeros.groebner import dimension, groebner_basis, saturated
from symdyn.algebra.zeros.quotient_algebra import QuotientAlgebra
from symdyn.algebra.zeros.univariate import Representation, represented

_MOST_BITS = 1_000_000


@dataclass(frozen=True)
class Solutions:
    """The solutions of a system.

    Parameters
    ----------
    dimension
        Of the complex solution set; -1 where it is empty.
    zeros
        The real solutions, if the dimension is at most 0.
    complex
        Number of different complex solutions then.
    basis
        The Groebner basis.
    """

    dimension: int
    zeros: tuple[RealZero, ...]
    complex: int
    basis: tuple[Any, ...]


def solutions(equations: Sequence[Any], poles: Sequence[Any], unknowns: int, most: int = 300) -> Solutions:
    """All solutions of integer polynomials at which no pole vanishes.

    Raises
    ------
    BasisTooLargeError, TooManySolutionsError, OutOfTimeError
        Where the system is out of reach.

    Examples
    --------
    >>> x, y = ring(2).gens()
    >>> found = solutions([x**2 - 2, y**2 - x], [], 2)
    >>> found.dimension, found.complex, sorted([round(float(v), 6) for v in zero.balls(64)] for zero in found.zeros)
    (0, 4, [[1.414214, -1.189207], [1.414214, 1.189207]])
    """
    listed, width = saturated(equations, poles, unknowns)
    basis = groebner_basis(listed, width)
    size = dimension(basis, width)
    if size != 0:
        return Solutions(size, (), 0, tuple(basis))
    representation = represented(QuotientAlgebra(basis, width, most), basis)
    roots = RealRoots(representation, unknowns)
    zeros = tuple(RealZero(roots, k) for k in range(roots.number))
    return Solutions(0, zeros, representation.complex, tuple(basis))


class RealRoots:
    """The real roots of the eliminant, in increasing order, and the solutions that they stand for.

    FLINT isolates complex roots and certifies which of them are real.
    """

    def __init__(self, representation: Representation, unknowns: int) -> None:
        self.representation = representation
        self.unknowns = unknowns
        self.denominator = representation.denominator
        self._roots: dict[int, list[Any]] = {}
        self._integers = {int(root): None for root, _ in representation.eliminant.roots()}
        self._numerators: dict[Any, tuple[Any, int, Any]] = {}

    @property
    def number(self) -> int:
        """How many."""
        return len(self.roots(64))

    def roots(self, bits: int) -> list[Any]:
        """Balls at a precision."""
        if bits not in self._roots:
            check_time()
            with flint.ctx.workprec(bits):
                every = self.representation.eliminant.complex_roots()
            self._roots[bits] = sorted((z.real for z, _ in every if z.imag == 0), key=_middle)
        return self._roots[bits]

    def integer(self, number: int) -> int | None:
        """A root that is a whole number; all rational ones are, as the eliminant is monic."""
        ball = self.roots(64)[number]
        return next((root for root in self._integers if ball.contains(root)), None)

    def numerator(self, polynomial: Any) -> tuple[Any, int, Any]:
        """g_v, the number below, and the common divisor of g_v and the eliminant."""
        key = tuple(sorted((tuple(map(int, p)), int(c)) for p, c in polynomial.to_dict().items()))
        if key not in self._numerators:
            above, below = self.representation.numerator(polynomial)
            self._numerators[key] = above, below, above.gcd(self.representation.eliminant)
        return self._numerators[key]

    def coordinate(self, place: int) -> Any:
        """An unknown as a polynomial."""
        return ring(self.unknowns).gens()[place]


@dataclass(frozen=True)
class RealZero:
    """One real solution.

    Parameters
    ----------
    roots
        Those of its system.
    number
        Its place among them.
    """

    roots: RealRoots
    number: int

    @cached_property
    def exact(self) -> tuple[Fraction, ...] | None:
        """The point, if it is rational."""
        root = self.roots.integer(self.number)
        if root is None:
            return None
        under = int(self.roots.denominator(root))
        found = []
        for place in range(self.roots.unknowns):
            above, below, _ = self.roots.numerator(self.roots.coordinate(place))
            found.append(Fraction(int(above(root)), below * under))
        return tuple(found)

    @cached_property
    def multiplicity(self) -> int:
        """Dimension of the local algebra; 1 for a simple solution."""
        layers = self.roots.representation.layers
        bits = 64
        while len(layers) > 1:
            root = self.roots.roots(bits)[self.number]
            with flint.ctx.workprec(2 * bits + 64):
                at = root / self.roots.representation.scale
                layers = tuple((f, m) for f, m in layers if flint.arb_poly(f)(at).contains(0))
            bits = _more(bits)
        return layers[0][1]

    def value(self, polynomial: Any, bits: int = 64) -> Any:
        """The value of a polynomial: a ball with about so many correct bits, exactly 0 where it vanishes."""
        above, below, common = self.roots.numerator(polynomial)
        if self.vanishes(common):
            return flint.arb(0)
        working = bits
        while True:
            check_time()
            root = self.roots.roots(working)[self.number]
            with flint.ctx.workprec(working + _height(above, self.roots.denominator)):
                found = _at(above, root) / (_at(self.roots.denominator, root) * below)
            if found.is_finite() and found.rel_accuracy_bits() >= bits:
                return found
            working = _more(working)

    def vanishes(self, common: Any) -> bool:
        """Whether a divisor of the eliminant vanishes here: exactly one of it and its cofactor does."""
        if common.degree() <= 0:
            return bool(common == 0)
        rest = self.roots.representation.eliminant // common
        bits = 64
        while True:
            root = self.roots.roots(bits)[self.number]
            with flint.ctx.workprec(bits + _height(common, rest)):
                if not _at(common, root).contains(0):
                    return False
                if not _at(rest, root).contains(0):
                    return True
            bits = _more(bits)

    def sign(self, polynomial: Any) -> int:
        """The exact sign of a polynomial here."""
        value = self.value(polynomial, 4)
        return 0 if value == 0 else (1 if value > 0 else -1)

    def balls(self, bits: int = 64) -> list[Any]:
        """The point in balls, each with about so many correct bits; coordinates that are 0 are exactly 0."""
        exact = self.exact
        if exact is not None:
            with flint.ctx.workprec(bits + 16):
                return [flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in exact]
        return [self.value(self.roots.coordinate(k), bits) for k in range(self.roots.unknowns)]


def _at(polynomial: Any, root: Any) -> Any:
    return flint.arb_poly(polynomial)(root)


def _height(*polynomials: Any) -> int:
    """Working bits beyond those of the result, so that coefficients enter without loss."""
    return 64 + max(int(p.height_bits()) + p.degree() for p in polynomials)


def _more(bits: int) -> int:
    if bits > _MOST_BITS:
        raise ArithmeticError("two numbers that differ were not told apart")
    return 2 * bits


def _middle(ball: Any) -> tuple[float, Any]:
    return float(ball), ball.mid()
