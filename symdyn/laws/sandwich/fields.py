"""The sandwich for polynomial fields: verified polynomial laws below, brackets at one point above."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from symdyn.algebra.budgets.deadline import OutOfTimeError
from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.algebra.polynomials.sparse import SparsePolynomials, from_terms
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.law import Law
from symdyn.geometry.fields.bracket_span import BracketSpan, explore
from symdyn.geometry.fields.draws import chance_of_loss, fitting_primes
from symdyn.geometry.fields.frobenius import involutive_argument
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.laws.sandwich.draw import Draw, Form
from symdyn.laws.sandwich.evidence import Budget, Evidence, independence_data
from symdyn.laws.search.beyond import Beyond, beyond_polynomials
from symdyn.laws.search.polynomial import SearchResult, is_affordable, polynomial_laws

#: Without a degree asked for, searches beyond degree 2 are made only up to this degree and so many unknowns.
DEFAULT_DEGREE = 4
DEFAULT_UNKNOWNS = 3000
#: While a gap is open, so many more primes and points are tried; and so many until fields that are not zero are seen.
_MORE_DRAWS = 2
_MOST_DRAWS = 20

EXISTENCE = {
    "single field": "a single field is involutive (Frobenius)",
    "closed algebra": "the fields and the brackets listed span a Lie algebra that is closed under brackets (Frobenius)",
    "relations": "every further bracket is a combination of those listed, by polynomial identities (Frobenius)",
}


def generic_evidence(
    fields: PolynomialFields,
    form: Form,
    *,
    seed: int,
    degree: int | None,
    budget: Budget,
    bits: int = 31,
    what: str = "field",
) -> Evidence:
    """Bounds for the number of laws of polynomial fields.

    Parameters
    ----------
    fields
        The generators.
    form
        From terms to a law's form.
    seed
        Of points and mixes.
    degree
        Search polynomial laws up to this degree; None for 2, and up to DEFAULT_DEGREE while a gap remains and the
        search is small.
    budget
        Time.
    bits
        Size of the prime.
    what
        What to call a generator in words: "gradient" or "field".
    """
    return Sandwich(fields, form, seed, degree, budget, bits, what).run()


class Sandwich:
    """Both bounds for one family of fields; a subclass says how its brackets and its closedness are found."""

    def __init__(
        self,
        fields: PolynomialFields,
        form: Form,
        seed: int,
        degree: int | None,
        budget: Budget,
        bits: int,
        what: str,
    ) -> None:
        self.fields, self.form, self.seed, self.degree, self.budget = fields, form, seed, degree, budget
        self.what = what
        self.primes = fitting_primes(fields, bits if fields.dimension <= 200 else 23, seed)
        self.searched: int | None = None
        self.found: list[Law] = []
        self.pool: list[tuple[SparsePolynomials, str]] = []
        self.chances: list[float] = []
        self.beyond = Beyond()
        self.draws = 0
        self.draw = self._with_fields(self._drawn())
        while fields.components.terms and not self.span.rank and self.draws < _MOST_DRAWS:
            self.draw = self._with_fields(self._drawn())  # fields that are not zero all vanished there

    def _drawn(self) -> Draw:
        """A new point mod a new prime, with the laws found so far and no fields yet."""
        p, seed = next(self.primes), self.seed + self.draws
        self.draws += 1
        start = explore(self.fields, p, seed=seed, max_level=-1)
        draw = self._empty_draw(seed, start)
        for found, source in self.pool:
            draw.keep(found, source, self.form)
        return draw

    def _empty_draw(self, seed: int, start: BracketSpan) -> Draw:
        """A draw without laws."""
        return Draw(seed, start, Echelon[int](PrimeField(start.prime), self.size))

    @property
    def size(self) -> int:
        """D, the number of coordinates."""
        return self.fields.dimension

    def _with_fields(self, draw: Draw) -> Draw:
        draw.span = self._explore(draw, max_level=0)
        return draw

    def _explore(self, draw: Draw, **options: Any) -> BracketSpan:
        return explore(
            self.fields,
            draw.span.prime,
            seed=draw.seed,
            target=self.size - draw.independent.rank,
            deadline=self.budget.deadline,
            progress=lambda level, rank: self.budget.tell(
                f"brackets of depth {level}", draw.independent.rank, self.size - rank
            ),
            **options,
        )

    @property
    def span(self) -> BracketSpan:
        return self.draw.span

    @property
    def laws(self) -> list[tuple[Law, SparsePolynomials]]:
        return self.draw.laws

    @property
    def independent(self) -> Echelon[int]:
        return self.draw.independent

    @property
    def exhibited(self) -> int:
        return self.independent.rank

    @property
    def upper(self) -> int:
        return self.size - self.span.rank

    @property
    def is_open(self) -> bool:
        """Whether the bounds differ."""
        return self.upper > self.exhibited

    def run(self) -> Evidence:
        if not self.fields.components.terms:
            every = from_terms([{((k, 1),): 1} for k in range(self.size)], self.fields.variables)
            self._keep(every, "no output depends on it")
            return self._evidence(None)
        self._search(2)
        if self.is_open and not self.budget.is_spent:
            deeper = self._explore(self.draw)
            self.draw.span = deeper if deeper.rank >= self.span.rank else self.span
        existence = self._existence()
        if self.is_open:
            existence = self._draw_again(existence)
            self._search_further()
        # degree=1 asks for linear laws and no others
        if self.is_open and not self.budget.is_spent and self.degree != 1:
            self._search_elementary()
        return self._evidence(existence)

    def _existence(self) -> dict[str, Any] | None:
        """An exact argument that the rank is the generic one of the closure."""
        if not self.is_open or not (self.span.closed or self.fields.number == 1):
            return None
        return involutive_argument(self.fields, self.span, self.budget.deadline)

    def _draw_again(self, existence: dict[str, Any] | None) -> dict[str, Any] | None:
        """Other primes and points while a rank may have been lost; of two draws the better one is kept."""
        for _ in range(_MORE_DRAWS):
            if self.budget.is_spent or not self.is_open:
                break
            try:
                draw = self._drawn()
            except OutOfTimeError:
                break
            if existence is not None and draw.independent.rank <= self.exhibited:
                break  # the rank of the fields is exact, and no law is lost
            draw.span = self._explore(draw)
            if draw.known > self.draw.known:
                self.draw, self.chances = draw, []
                existence = self._existence()
            if draw.span.closed and draw.span.rank == self.span.rank:
                self.chances.append(chance_of_loss(self.fields, draw.span.prime, len(draw.span.levels)))
        return existence

    def _search_elementary(self) -> None:
        """Rational and logarithmic laws; what is kept has independent gradients."""
        variables = self.form(()).variables
        self.beyond = beyond_polynomials(
            self.fields,
            [found.to_terms()[0] for _, found in self.laws],
            self.independent,
            self.span.point,
            self.fields.dimension - self.span.rank,
            degree=self.degree,
            deadline=self.budget.deadline,
        )
        empty = from_terms([], self.fields.variables)
        for found in self.beyond.laws:
            law = Law(replace(found, variables=variables), source="Darboux polynomials")
            self.laws.append((law, empty))
        self.budget.tell("laws beyond polynomials", self.exhibited, self.upper)

    def _search_further(self) -> None:
        highest = DEFAULT_DEGREE if self.degree is None else self.degree
        for degree in range((self.searched or 0) + 1, highest + 1):
            few = None if self.degree is not None else DEFAULT_UNKNOWNS
            if not self.is_open or self.budget.is_spent or not self._is_affordable(degree, few):
                return
            self._search(degree)

    def _keep(self, found: SparsePolynomials, source: str) -> None:
        """Keep laws that were found."""
        if found.degree <= 2:
            self.found = [Law(self.form(tuple(entry.items())), source=source) for entry in found.to_terms()]
        self.pool.append((found, source))
        self.draw.keep(found, source, self.form)

    def _search(self, degree: int) -> None:
        """Search all degrees up to `degree` that were not searched, keep what adds independent gradients."""
        if self.degree is not None:
            degree = min(degree, self.degree)
        if degree <= (self.searched or 0) or not self._is_affordable(degree, None):
            return
        try:
            result = self._laws_up_to(degree)
            self._keep(result.laws, f"search up to degree {degree}")
        except OutOfTimeError:
            return
        if result.complete:
            self.searched = degree

    def _is_affordable(self, degree: int, unknowns: int | None) -> bool:
        return is_affordable(self.fields, degree, *(() if unknowns is None else (unknowns,)))

    def _laws_up_to(self, degree: int) -> SearchResult:
        return polynomial_laws(
            self.fields,
            1,
            degree,
            deadline=self.budget.deadline,
            progress=lambda found: self.budget.tell(f"laws of degree {degree}", self.exhibited, self.upper),
        )

    def _evidence(self, existence: dict[str, Any] | None) -> Evidence:
        upper, exhibited = self.upper, self.exhibited
        chance = math.prod(self.chances) if self.chances and self.span.closed else 1.0
        if existence is not None:
            lower, verdict = upper, Verdict.PROVED
        elif upper == exhibited:
            lower, verdict, existence = exhibited, Verdict.PROVED, None
        else:
            lower, verdict = exhibited, Verdict.PROBABLE if chance < 1 else Verdict.UNDECIDED
        witness: dict[str, Any] = {
            "by": "brackets",
            "prime": self.span.prime,
            "seed": self.seed,
            "point": self.span.point,
            "rank": self.span.to_data(),
            "laws": [law.form.to_data() for law, _ in self.laws],
            "independence": independence_data(self.independent),
            "existence": existence if lower > exhibited else None,
        }
        if verdict is Verdict.PROBABLE:
            witness["error bound"] = chance
        return Evidence(
            dimension=self.size,
            lower=lower,
            upper=upper,
            exhibited=exhibited,
            laws=[law for law, _ in self.laws],
            verdict=verdict,
            method=self._method(existence, lower, exhibited),
            witness=witness,
            levels=tuple(self.span.levels),
            degree=self.searched,
            found=self.found,
            beyond=self.beyond,
        )

    def _method(self, existence: dict[str, Any] | None, lower: int, exhibited: int) -> list[str]:
        return upper_reason(self.span, self.what) + lower_reason(existence, lower, exhibited)


def upper_reason(span: BracketSpan, what: str = "field") -> list[str]:
    """Why there are no more laws; `what` is "gradient" or "field"."""
    depth = len(span.levels) - 1
    if not span.rank:
        return ["no more: there are no more coordinates"]
    if span.rank == 1:
        return [f"no more: the {what} does not vanish at one point (mod {span.prime})"]
    brackets = "" if depth <= 0 else f" and brackets of depth up to {depth}"
    return [f"no more: {span.rank:,} independent {what}s{brackets} at one point (mod {span.prime})"]


def lower_reason(existence: dict[str, Any] | None, lower: int, exhibited: int) -> list[str]:
    """Why there are no fewer."""
    if lower > exhibited and existence is not None:
        return [f"no fewer: {EXISTENCE[existence['by']]}"]
    if exhibited == 1:
        return ["no fewer: the law in hand, checked as an identity, whose gradient does not vanish at a point"]
    if exhibited:
        return ["no fewer: the laws in hand, each checked as an identity, with independent gradients at one point"]
    return []
