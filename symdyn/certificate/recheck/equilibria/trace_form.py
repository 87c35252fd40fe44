"""Hermite's quadratic form of a system with finitely many solutions.

In the algebra of polynomials modulo the system the form (f, g) -> trace of multiplication by f g has the number of
different complex solutions as rank and that of the real ones as signature. The roots of its characteristic polynomial
are all real, so that Descartes' rule counts the positive ones exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import UndecidedError, need

Exponents = tuple[int, ...]

_MOST_MONOMIALS = 300
# n^4 times bits of a form whose characteristic polynomial takes some twenty seconds, which no clock interrupts
_LARGEST_FORM = 200_000_000_000

# bits of the balls in which the signature of a larger form is looked for
_PRECISIONS = (512, 2048, 8192)


class TraceForm:
    """The algebra of a reduced basis: multiplication by each unknown, and traces.

    Parameters
    ----------
    table
        What each leading monomial is modulo the system.
    size
        Number of unknowns.
    """

    def __init__(self, table: dict[Exponents, dict[Exponents, Fraction]], size: int) -> None:
        monomials = _below(table, size)
        if len(monomials) > _MOST_MONOMIALS:
            raise UndecidedError(f"the system has more than {_MOST_MONOMIALS} solutions, counted as they repeat")
        self.size, self.monomials = size, monomials
        self.place = {m: k for k, m in enumerate(monomials)}
        self._table = table
        self._known: dict[Exponents, dict[Exponents, Fraction]] = {m: {m: Fraction(1)} for m in monomials}
        self.by_unknown = [self._multiplication(k) for k in range(size)]
        self._products = [[_product(m, s) for s in monomials] for m in monomials]
        self.traces = self._traces()

    def _reduced(self, monomial: Exponents) -> dict[Exponents, Fraction]:
        """The combination of standard monomials that a monomial is modulo the basis."""
        if monomial not in self._known:
            tick()
            total: dict[Exponents, Fraction] = {}
            if monomial in self._table:
                parts = list(self._table[monomial].items())
            else:
                k = next(k for k in range(self.size) if monomial[k] and _lower(monomial, k) not in self.place)
                parts = [(_times(m, k), c) for m, c in self._reduced(_lower(monomial, k)).items()]
            for m, c in parts:
                for target, value in self._reduced(m).items():
                    total[target] = total.get(target, Fraction(0)) + c * value
            self._known[monomial] = total
        return self._known[monomial]

    def _multiplication(self, k: int) -> flint.fmpq_mat:
        matrix = flint.fmpq_mat(len(self.monomials), len(self.monomials))
        for j, m in enumerate(self.monomials):
            for target, value in self._reduced(_times(m, k)).items():
                matrix[self.place[target], j] = _exact(value)
        return matrix

    def _traces(self) -> flint.fmpq_mat:
        """The trace of multiplication by each standard monomial, as a row.

        The trace of m sums, over the standard monomials s, the share of s in m s: the products are few different
        monomials, and each is a column.
        """
        columns: dict[Exponents, list[Any]] = {}
        width = len(self.monomials)

        def fill(wanted: set[Exponents]) -> None:
            """Columns by degree, all products of one unknown at once."""
            for degree in range(max(map(sum, wanted)) + 1):
                layer = [m for m in wanted if sum(m) == degree]
                for m in (m for m in layer if m in self.place):
                    columns[m] = [flint.fmpq(int(j == self.place[m])) for j in range(width)]
                others = [m for m in layer if m not in self.place]
                for k in range(self.size):
                    tick()
                    mine = [m for m in others if next(j for j in range(self.size) if m[j]) == k]
                    if mine:
                        below = flint.fmpq_mat([columns[_lower(m, k)] for m in mine]).transpose()
                        product = (self.by_unknown[k] * below).transpose().tolist()
                        columns.update(zip(mine, product, strict=True))

        wanted = {m for row in self._products for m in row}
        for m in list(wanted):  # and what they are reached through
            while sum(m):
                m = _lower(m, next(j for j in range(self.size) if m[j]))
                wanted.add(m)
        fill(wanted)
        self._columns = columns
        zero = flint.fmpq(0)
        return flint.fmpq_mat(
            [[sum((columns[m][k] for k, m in enumerate(row)), zero) for row in self._products]]
        )

    def form(self) -> flint.fmpq_mat:
        """The form on the standard monomials."""
        width = len(self.monomials)
        products = [m for row in self._products for m in row]
        different = list(dict.fromkeys(products))
        values = (flint.fmpq_mat([self._columns[m] for m in different]) * self.traces.transpose()).entries()
        traces = dict(zip(different, values, strict=True))
        return flint.fmpq_mat(width, width, [traces[m] for m in products])

    def counts(self) -> tuple[int, int]:
        """Signature and rank: how many real solutions there are, and how many complex ones."""
        form = self.form()
        bits = max(int(x.p).bit_length() + int(x.q).bit_length() for x in form.entries())
        if len(self.monomials) ** 4 * bits > _LARGEST_FORM:
            signature = _signature(form)
            return self._simple_counts() if signature is None else (signature, len(self.monomials))
        coefficients = form.charpoly().coeffs()
        rank = len(self.monomials) - next(k for k, c in enumerate(coefficients) if c != 0)
        signs = [c > 0 for c in coefficients if c != 0]
        positive = sum(a != b for a, b in zip(signs, signs[1:], strict=False))
        return 2 * positive - rank, rank

    def _simple_counts(self) -> tuple[int, int]:
        """The same by a linear form with as many different eigenvalues as the algebra has dimensions."""
        matrix, size = self.by_unknown[0], len(self.monomials)
        for k in range(1, self.size):
            matrix = matrix + self.by_unknown[k] * flint.fmpq((2 * k + 1) ** k % 50)
        polynomial = eliminant_of(matrix)
        if polynomial.gcd(polynomial.derivative()).degree():
            raise UndecidedError("the solutions repeat, or a linear form does not tell them apart")
        every: Any = polynomial.complex_roots()
        return sum(bool(root.imag == 0) for root, _ in every), size

    def element(self, terms: Sequence[tuple[int, Exponents]]) -> flint.fmpq_mat:
        """A polynomial as a column."""
        total = flint.fmpq_mat(len(self.monomials), 1)
        for value, powers in terms:
            monomial = (*powers, *(0,) * (self.size - len(powers)))
            column = flint.fmpq_mat([[int(not j)] for j in range(len(self.monomials))])
            for k, power in enumerate(monomial):
                for _ in range(power):
                    column = self.by_unknown[k] * column
            total = total + column * flint.fmpq(value)
        return total


def _signature(form: flint.fmpq_mat) -> int | None:
    """The signature of a form of full rank, in balls; None where no precision that is tried shows all signs."""
    for bits in _PRECISIONS:
        tick()
        with flint.ctx.workprec(bits):
            try:
                return _signature_in_balls(flint.arb_mat(form))
            except ZeroDivisionError:
                continue
    return None


def _signature_in_balls(form: Any) -> int:
    """Haynsworth: the signature is that of a leading block that is invertible plus that of its Schur complement.

    Raises
    ------
    ZeroDivisionError
        If a block is not shown to be invertible, or a sign not certain.
    """
    size = form.nrows()
    if size == 1:
        value = form[0, 0]
        if not (value > 0 or value < 0):
            raise ZeroDivisionError("a pivot is not shown to have a sign")
        return 1 if value > 0 else -1
    tick()
    rows, half = form.tolist(), size // 2
    first = flint.arb_mat([row[:half] for row in rows[:half]])
    beside = flint.arb_mat([row[half:] for row in rows[:half]])
    last = flint.arb_mat([row[half:] for row in rows[half:]])
    rest = last - beside.transpose() * first.solve(beside)
    return _signature_in_balls(first) + _signature_in_balls(rest)


def eliminant_of(matrix: flint.fmpq_mat) -> Any:
    """The characteristic polynomial of a multiple of a matrix that has integers as entries."""
    numbers, _ = matrix.numer_denom()
    bits = max(int(abs(x)).bit_length() for x in numbers.entries())
    if matrix.nrows() ** 4 * bits > _LARGEST_FORM:
        raise UndecidedError("the algebra of the system has larger numbers than this re-checker computes with")
    return numbers.charpoly()


def _below(table: dict[Exponents, Any], size: int) -> list[Exponents]:
    """Monomials that no leading one divides, by increasing degree; one more than may be if they are many."""
    pure = [any(lead[k] == sum(lead) for lead in table) for k in range(size)]
    need(all(pure), "witness.equations", "have infinitely many complex solutions")
    found: list[Exponents] = []
    layer = [(0,) * size]
    while layer and len(found) <= _MOST_MONOMIALS:
        alive = [m for m in layer if not any(_divides(lead, m) for lead in table)]
        found += alive
        layer = sorted({_times(m, k) for m in alive for k in range(size)})
    return found


def _divides(lead: Exponents, monomial: Exponents) -> bool:
    return all(a <= b for a, b in zip(lead, monomial, strict=True))


def _times(monomial: Exponents, k: int) -> Exponents:
    return (*monomial[:k], monomial[k] + 1, *monomial[k + 1 :])


def _lower(monomial: Exponents, k: int) -> Exponents:
    return (*monomial[:k], monomial[k] - 1, *monomial[k + 1 :])


def _product(one: Exponents, other: Exponents) -> Exponents:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _exact(value: Fraction) -> flint.fmpq:
    return flint.fmpq(value.numerator, value.denominator)
