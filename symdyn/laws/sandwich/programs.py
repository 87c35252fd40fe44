"""The sandwich for matrix programs: matrix laws by structure below, brackets of the program above."""

from __future__ import annotations

import math
from typing import Any

from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.law import Law, MatrixIdentity
from symdyn.geometry.fields.bracket_span import BracketSpan, explore
from symdyn.geometry.fields.draws import chance_of_loss, fitting_primes
from symdyn.geometry.fields.polynomial_fields import gradients
from symdyn.laws.matrices.structure import law_gradients, matrix_laws
from symdyn.laws.sandwich.evidence import Budget, Evidence, independence_data
from symdyn.laws.sandwich.fields import generic_evidence, lower_reason, upper_reason
from symdyn.laws.sandwich.monomial import polynomial_form
from symdyn.networks.programs.program import MatrixProgram

_CHUNK = 256
#: Entries of the dense rows that may be held at once: 2.4 GB on either side.
_MAX_CELLS = 300_000_000


def program_evidence(
    program: MatrixProgram, *, seed: int, degree: int | None, budget: Budget, attempts: int = 3
) -> Evidence:
    """Bounds for the number of laws of a matrix program.

    The structural laws and the brackets are compared at one point mod a 23-bit prime, where matrix products are
    exact in floating-point BLAS; on a gap other primes are tried. What remains open in a small program is handed to
    the engine for polynomials.
    """
    identities = matrix_laws(program)
    best: tuple[BracketSpan, Echelon[list[int]]] | None = None
    chances: list[float] = []
    for attempt, p in zip(range(attempts), fitting_primes(program, 23, seed), strict=False):
        found = _attempt(program, identities, p, seed + attempt, budget)
        if best is None or (found[0].rank, found[1].rank) > (best[0].rank, best[1].rank):
            best, chances = found, []
        if attempt and found[0].closed and found[0].rank == best[0].rank:  # the first prime is not drawn at random
            chances.append(chance_of_loss(program, p, len(found[0].levels)))
        is_one = program.number == best[0].rank == 1
        if best[0].rank + best[1].rank == program.dimension or not best[0].closed or is_one:
            break
    assert best is not None
    span, independent = best
    gap = program.dimension - span.rank - independent.rank
    if gap and not budget.is_spent:
        polynomials = program.expanded()
        if polynomials is not None:
            fields = gradients(polynomials, program.dimension)
            form = polynomial_form(program.coords)
            evidence = generic_evidence(fields, form, seed=seed, degree=degree, budget=budget, what="gradient")
            evidence.witness["model"] = "expanded"
            return _with_identities(evidence, identities, program)
    return _evidence(program, identities, span, independent, math.prod(chances) if chances else 1.0)


def _attempt(
    program: MatrixProgram, identities: list[MatrixIdentity], p: int, seed: int, budget: Budget
) -> tuple[BracketSpan, Echelon[list[int]]]:
    field = PrimeField(p)
    start = explore(program, p, seed=seed, max_level=-1)
    point = field.array(start.point)
    independent = Echelon[list[int]](field, program.dimension)
    most = max(1, _MAX_CELLS // program.dimension)
    chunk = max(8, min(_CHUNK, 5_000_000 // program.dimension))
    for number, law in enumerate(identities):
        for first in range(0, law.count, chunk):
            last = min(law.count, first + chunk)
            rows = law_gradients(law, point, program.dimension, first, last, field)
            independent.add(rows, [[number, entry] for entry in range(first, last)])
            budget.tell("matrix laws", independent.rank, program.dimension)
            if budget.is_spent or independent.rank >= most:
                break
        if budget.is_spent or independent.rank >= most:
            break
    span = explore(
        program,
        p,
        seed=seed,
        point=start.point,
        target=program.dimension - independent.rank,
        max_rank=most,
        deadline=budget.deadline,
        progress=lambda level, rank: budget.tell(
            f"brackets of depth {level}", independent.rank, program.dimension - rank
        ),
    )
    return span, independent


def _evidence(
    program: MatrixProgram,
    identities: list[MatrixIdentity],
    span: BracketSpan,
    independent: Echelon[list[int]],
    chance: float,
) -> Evidence:
    upper, exhibited = program.dimension - span.rank, independent.rank
    existence: dict[str, Any] | None = None
    lower, verdict = exhibited, Verdict.PROVED
    if upper > exhibited:
        if program.number == span.rank == 1:
            existence, lower = {"by": "single field"}, upper
        else:
            verdict = Verdict.PROBABLE if span.closed and chance < 1 else Verdict.UNDECIDED
    laws = [Law(identity, source="matrix structure") for identity in identities]
    witness: dict[str, Any] = {
        "by": "brackets",
        "prime": span.prime,
        "seed": span.seed,
        "point": span.point,
        "rank": span.to_data(),
        "laws": [identity.to_data() for identity in identities],
        "independence": independence_data(independent),
        "existence": existence,
    }
    if verdict is Verdict.PROBABLE:
        witness["error bound"] = chance
    return Evidence(
        dimension=program.dimension,
        lower=lower,
        upper=upper,
        exhibited=exhibited,
        laws=laws,
        verdict=verdict,
        method=upper_reason(span, "gradient") + lower_reason(existence, lower, exhibited),
        witness=witness,
        levels=tuple(span.levels),
    )


def _with_identities(evidence: Evidence, identities: list[MatrixIdentity], program: MatrixProgram) -> Evidence:
    """The same evidence, with the laws written as the matrices that contain them where they are no more than these."""
    known = sum(identity.count for identity in identities)
    if identities and evidence.exhibited <= known and _same_span(evidence, identities, program):
        evidence.laws = [Law(identity, source="matrix structure") for identity in identities]
    return evidence


def _same_span(evidence: Evidence, identities: list[MatrixIdentity], program: MatrixProgram) -> bool:
    """Whether the matrix laws alone have as many independent gradients as all laws found."""
    p = evidence.witness["prime"]
    field = PrimeField(p)
    echelon = Echelon[int](field, program.dimension)
    point = field.array(evidence.witness["point"])
    for law in identities:
        echelon.add(law_gradients(law, point, program.dimension, 0, law.count, field), list(range(law.count)))
    return echelon.rank == evidence.exhibited
