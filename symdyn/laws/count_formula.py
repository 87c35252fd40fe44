"""Formulas from tables: the number of laws as a function of the sizes of a network, fitted to proved counts."""

from __future__ import annotations

import inspect
import itertools
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import checked_symbols
from symdyn.algebra.polynomials.piecewise_fit import Condition, Piece, evaluate, piecewise_fit
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified, claim_of, hypotheses_of
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.laws import count_formula as stored
from symdyn.dynamics.answers.count_formula import CountFormula, Sizes, missed
from symdyn.errors import ModelError
from symdyn.laws.count import conservation_laws

MAX_CASES = 5_000
MAX_DEGREE = 6
DEFAULT_DEGREE = 3
_FEWEST = 6


def infer_count_formula(
    family: Callable[..., Any],
    *ranges: Iterable[int] | int,
    names: Sequence[str] | None = None,
    degree: int = DEFAULT_DEGREE,
    held_out: float = 0.25,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CountFormula:
    """Count the laws of every model of a grid of sizes, and fit a formula to a part of the counts.

    The counts are proved; the formula is a conjecture. It is a decision list of polynomials, exact on the part of the
    counts that it is fitted to, and then compared with those held back.

    Parameters
    ----------
    family
        A function from sizes to a model, such as `networks.linear`.
    *ranges
        For each size the whole numbers that it takes, or one number.
    names
        Names of the sizes; by default those of the function's arguments, or r0, r1, ...
    degree
        Largest total degree of a polynomial.
    held_out
        Part of the counts to hold back, drawn with the seed; between 0 and 1.
    seed
        Of the draw, and of the counts.
    time_limit
        In seconds, for counts and fit together; then the counts so far are used, and no further condition is tried.
    progress
        Called with the number of models counted and of all models.

    Returns
    -------
    CountFormula
        The conjecture with the certified cases and the first case that was not counted.

    Raises
    ------
    ModelError
        If a range is empty or holds something else than positive integers, there are too many or too few models, or
        the family refuses some sizes.

    Examples
    --------
    >>> from symdyn.networks import attention
    >>> found = infer_count_formula(attention, range(3, 6), range(1, 6))
    >>> found.formula, found.verdict
    (head_width*(head_width + 1), Verdict.OBSERVED)
    >>> found(8, 12)
    156
    """
    if not callable(family):
        raise ModelError(f"the family is {family!r}: give a function from sizes to models, as networks.linear")
    values = [_checked_range(numbers, place) for place, numbers in enumerate(ranges, start=1)]
    _check_options(values, degree, held_out, seed, time_limit)
    variables = _variables(family, values, names)
    title = getattr(family, "__name__", type(family).__name__).strip("<>")
    started = time.monotonic()
    counted: list[tuple[Sizes, int]] = []
    unproved: list[Sizes] = []
    fingerprints: list[str] = []
    cases = list(itertools.product(*values))
    for number, sizes in enumerate(cases):
        if time_limit is not None and time.monotonic() - started > time_limit:
            cases = cases[:number]
            break
        answer = conservation_laws(family(*sizes), seed=seed)
        if answer.count is None:
            unproved.append(sizes)
        else:
            counted.append((sizes, answer.count))
            fingerprints.append(answer.certificate.fingerprint)
        if progress is not None:
            progress(number + 1, len(cases))
    number_back = max(1, round(held_out * len(counted))) if counted else 0
    back = set(random.Random(seed).sample(range(len(counted)), number_back))
    fitted = tuple(case for place, case in enumerate(counted) if place not in back)
    kept = tuple(case for place, case in enumerate(counted) if place in back)
    varied = [place for place, numbers in enumerate(values) if len(numbers) > 1]
    pieces = _fit(fitted, varied, degree, None if time_limit is None else started + time_limit)
    untested = _first_untested(values, {sizes for sizes, _ in counted})
    certificate = _certificate(title, variables, pieces, fitted, kept, untested, fingerprints, seed)
    return CountFormula(
        family=title,
        variables=variables,
        pieces=pieces,
        fitted=fitted,
        held_out=kept,
        unproved=tuple(unproved),
        untested=untested,
        certificate=certificate,
    )


def _checked_range(numbers: Any, place: int) -> Sizes:
    values = (numbers,) if hasattr(numbers, "__index__") else tuple(numbers) if hasattr(numbers, "__iter__") else None
    if values is None or any(isinstance(x, bool) or not hasattr(x, "__index__") or x < 1 for x in values) or not values:
        raise ModelError(f"the range of size {place} is {numbers!r}: give whole numbers from 1, as in range(1, 6)")
    return tuple(sorted({int(x) for x in values}))


def _check_options(values: list[Sizes], degree: Any, held_out: Any, seed: Any, time_limit: Any) -> None:
    cases = math.prod(map(len, values))
    if not values or not _FEWEST <= cases <= MAX_CASES:
        came = f"{cases:,} model{'' if cases == 1 else 's'}" if values else "no model"
        raise ModelError(f"the ranges hold {came}: a fit and its test take between {_FEWEST} and {MAX_CASES:,}")
    if isinstance(degree, bool) or not isinstance(degree, int) or not 0 <= degree <= MAX_DEGREE:
        raise ModelError(f"degree is {degree!r}: give a whole number up to {MAX_DEGREE}")
    if isinstance(held_out, bool) or not isinstance(held_out, (int, float)) or not 0 < held_out < 1:
        raise ModelError(f"held_out is {held_out!r}: give the part to hold back, a number between 0 and 1")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ModelError(f"seed is {seed!r}: give a whole number from 0")
    if time_limit is not None and not (isinstance(time_limit, (int, float)) and time_limit > 0):
        raise ModelError(f"time_limit is {time_limit!r}: give a number of seconds above 0")


def _variables(family: Any, values: list[Sizes], names: Sequence[str] | None) -> tuple[sp.Symbol, ...]:
    if names is None:
        parameters = inspect.signature(family).parameters.values()
        places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        repeated = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        names = [f"r{k}" for k in range(len(values))] if repeated else [p.name for p in places][: len(values)]
    if len(names) != len(values):
        raise ModelError(f"{len(names)} names came for {len(values)} sizes: give one name and one range for each size")
    return checked_symbols(tuple(sp.Symbol(str(name)) for name in names), "names")


def _fit(
    fitted: Sequence[tuple[Sizes, int]], varied: list[int], degree: int, deadline: float | None
) -> tuple[Piece, ...]:
    """The decision list in all sizes, fitted in those that vary."""
    if not fitted or not varied:
        return ()
    width = len(fitted[0][0])
    found = piecewise_fit(
        [[sizes[place] for place in varied] for sizes, _ in fitted],
        [count for _, count in fitted],
        degree=degree,
        deadline=deadline,
    )

    def spread(short: Sequence[int]) -> Sizes:
        return tuple(short[varied.index(place)] if place in varied else 0 for place in range(width))

    return tuple(
        Piece(
            piece.condition
            and Condition(spread(piece.condition.coefficients), piece.condition.bound, piece.condition.modulus),
            tuple((spread(exponents), value) for exponents, value in piece.terms),
        )
        for piece in found or ()
    )


def _first_untested(values: list[Sizes], counted: set[Sizes]) -> Sizes:
    """The sizes of least sum, then in order, that vary as the ranges do and were not counted."""
    least = [numbers[0] for numbers in values]
    free = [place for place, numbers in enumerate(values) if len(numbers) > 1]
    for extra in itertools.count():
        for steps in _compositions(extra, len(free)):
            sizes = list(least)
            for place, step in zip(free, steps, strict=True):
                sizes[place] += step
            if tuple(sizes) not in counted:
                return tuple(sizes)
    raise AssertionError("a finite table holds all sizes")


def _compositions(total: int, parts: int) -> Iterator[Sizes]:
    """All ways to write `total` as an ordered sum of non-negative integers."""
    if parts <= 1:
        yield (total,) * parts
        return
    for head in range(total, -1, -1):
        for rest in _compositions(total - head, parts - 1):
            yield (head, *rest)


def _certificate(
    family: str,
    variables: tuple[sp.Symbol, ...],
    pieces: tuple[Piece, ...],
    fitted: Sequence[tuple[Sizes, int]],
    held_out: Sequence[tuple[Sizes, int]],
    untested: Sizes,
    fingerprints: list[str],
    seed: int,
) -> Certificate:
    wrong = missed(pieces, held_out)
    if not pieces:
        verdict, method = Verdict.UNDECIDED, "the search found no formula of this kind through the proved counts"
    elif wrong:
        sizes, count = wrong[0]
        said = evaluate(pieces, sizes)
        verdict = Verdict.REFUTED
        method = f"fitted to {len(fitted)} proved counts, but at {sizes} it says {said} and {count} is proved"
    else:
        verdict = Verdict.OBSERVED
        method = f"fitted to {len(fitted)} proved counts, and right at {len(held_out)} that were held back"
    witness = stored.CountFormulaWitness(
        family=family,
        variables=tuple(map(str, variables)),
        pieces=tuple(map(_stored, pieces)),
        fitted=tuple((*sizes, count) for sizes, count in fitted),
        held_out=tuple((*sizes, count) for sizes, count in held_out),
        untested=untested,
        counts=tuple(fingerprints),
    )
    origin = provenance(seed=seed)
    if pieces:
        return certified(witness, verdict, method, provenance=origin)
    return Certificate(
        claim=claim_of(witness, verdict.value),
        verdict=verdict,
        method=method,
        witness={**witness.to_data(), "kind": "undecided"},
        assumptions=hypotheses_of(witness),
        provenance=origin,
    )


def _stored(piece: Piece) -> stored.Piece:
    condition = piece.condition
    return stored.Piece(
        None if condition is None else stored.Condition(condition.coefficients, condition.bound, condition.modulus),
        tuple((value, tuple(exponents)) for exponents, value in piece.terms),
    )
