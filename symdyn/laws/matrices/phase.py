"""Matrix laws of a phase space, recognised among quadratic laws: W W'^T - W' W^T, and Gram matrices under decay.

Laws are given on the coordinates of the fields. Where motion without forces is known these are its constants q and p,
and q p^T - p q^T = e^T (W W'^T - W' W^T), q q^T = e^(2T) W W^T: so the factor of time is the same for all entries.
What is recognised is checked exactly: the entries of each identity are members of the space of the laws that were
given, and with the laws that remain they span it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, combinations_with_replacement

import numpy as np
import sympy as sp

from symdyn.algebra.linear.exact import nullspace
from symdyn.dynamics.answers.law import Law
from symdyn.dynamics.answers.phase_identity import PhaseIdentity, PhaseTerm
from symdyn.dynamics.motions.motion import SUFFIXES
from symdyn.dynamics.motions.phase_space import PhaseSpace
from symdyn.geometry.block import Block
from symdyn.laws.matrices.matrix_names import Rows, matrix_name, named_matrices
from symdyn.laws.matrices.quadratic_forms import Form, Pair, QuadraticSpace, independent_forms
from symdyn.laws.matrices.readable import MAX_LAWS, MAX_TERMS, membership, quadratic_form

#: A matrix of parameters, its side, and its number.
_Side = tuple[int, str]


def phase_laws(laws: Sequence[Law], space: PhaseSpace) -> tuple[Law, ...]:
    """The laws as functions on the phase space, with those that are the entries of a matrix identity replaced by it.

    Parameters
    ----------
    laws
        On the coordinates of the fields of the space.
    space
        The model with its dynamics.
    """
    forms = {number: form for number, law in enumerate(laws) if (form := quadratic_form(law)) is not None}
    identities: list[PhaseIdentity] = []
    kept = set(forms)
    if forms and len(forms) <= MAX_LAWS and sum(map(len, forms.values())) <= MAX_TERMS:
        identities, entries = _identities(QuadraticSpace(list(forms.values())), space)
        rest = sorted(forms, key=lambda number: (len(forms[number]), number))
        independent = independent_forms([*entries, *(forms[number] for number in rest)])
        kept = {rest[k - len(entries)] for k in independent if k >= len(entries)} if identities else kept
    source = next((laws[number].source for number in forms if number not in kept), "")
    remaining = (law for number, law in enumerate(laws) if number not in forms or number in kept)
    return (
        *(Law(identity, source=source) for identity in identities),
        *(Law(space.law(law.form), source=law.source) if space.is_reduced else law for law in remaining),
    )


def _identities(laws: QuadraticSpace, space: PhaseSpace) -> tuple[list[PhaseIdentity], list[Form]]:
    """Identities whose entries are independent members of the space, and these entries."""
    blocks, matrices, is_named = _matrices(space)
    found: list[PhaseIdentity] = []
    entries: list[Form] = []
    shift = space.parameters if space.motion.has_momentum else 0
    for terms in _combinations(laws, matrices, shift):
        identity = _identity(space, blocks, matrices, terms, is_named)
        more = [_entry(terms, matrices, shift, *place) for place in identity.entry_places()]
        are_laws = all(more) and all(entry in laws for entry in more)
        if are_laws and len(independent_forms([*entries, *more])) == len(entries) + len(more):
            entries += more
            found.append(identity)
    return found, entries


def _matrices(space: PhaseSpace) -> tuple[list[Block], list[Rows], bool]:
    """Blocks of the model, or those that the names of its parameters suggest."""
    if space.blocks:
        matrices, start = [], 0
        for block in space.blocks:
            row_starts = range(start, start + block.size, block.columns)
            matrices.append(tuple(tuple(range(first, first + block.columns)) for first in row_starts))
            start += block.size
        return list(space.blocks), matrices, True
    names = [symbol.name for symbol in space.base.coords]
    taken = {symbol.name for symbol in (*space.coords, *space.constants)}
    blocks = []
    named = named_matrices(names)
    for matrix in named:
        name = matrix_name(matrix.stem, len(matrix.rows[0]), taken)
        taken |= {name, f"{name}_{_suffix(space)}"}
        blocks.append(Block(name, len(matrix.rows), len(matrix.rows[0])))
    return blocks, [matrix.rows for matrix in named], False


def _suffix(space: PhaseSpace) -> str:
    return SUFFIXES.get(space.motion.formulation, "dot")


def _combinations(laws: QuadraticSpace, matrices: Sequence[Rows], shift: int) -> Iterator[tuple[PhaseTerm, ...]]:
    """All combinations of products that consist of laws: an integer kernel for each size."""
    sides: dict[int, list[_Side]] = defaultdict(list)
    for number, rows in enumerate(matrices):
        sides[len(rows)].append((number, "rows"))
        sides[len(rows[0])].append((number, "columns"))
    for size, own in sorted(sides.items()):
        if size < 2:
            continue
        singles = [(PhaseTerm(1, number, side),) for number, side in own]
        places = combinations(range(size), 2) if shift else combinations_with_replacement(range(size), 2)
        equations: set[tuple[int, ...]] = set()
        for k, m in places:
            equations |= membership(laws, [_entry(single, matrices, shift, k, m) for single in singles])
            if (k, m) == (0, 1) and not _kernel(equations, len(own)):
                break  # most sizes have no identity, which the first entries show
        kernel = _kernel(equations, len(own))
        for vector in kernel:
            yield tuple(
                PhaseTerm(int(x), number, side) for x, (number, side) in zip(vector, own, strict=True) if x
            )


def _kernel(equations: set[tuple[int, ...]], columns: int) -> list[list[int]]:
    return nullspace(np.asarray(sorted(equations), dtype=object).reshape(len(equations), columns))


def _entry(terms: Sequence[PhaseTerm], matrices: Sequence[Rows], shift: int, k: int, m: int) -> Form:
    """Entry (k, m) of the sum of products, in the coordinates of the fields."""
    entry: dict[Pair, int] = defaultdict(int)
    for term in terms:
        rows = matrices[term.block]
        lines = rows if term.side == "rows" else tuple(zip(*rows, strict=True))
        for a, b in zip(lines[k], lines[m], strict=True):
            if shift:
                entry[a, b + shift] += term.coefficient
                entry[b, a + shift] -= term.coefficient
            else:
                entry[min(a, b), max(a, b)] += term.coefficient
    return {pair: x for pair, x in entry.items() if x}


def _identity(
    space: PhaseSpace, blocks: Sequence[Block], matrices: Sequence[Rows], terms: Sequence[PhaseTerm], is_named: bool
) -> PhaseIdentity:
    used = sorted({term.block for term in terms})
    has_momentum = space.motion.has_momentum
    growth = space.motion.integrating_factor if space.is_reduced else sp.S.One
    return PhaseIdentity(
        blocks=tuple(blocks[number] for number in used),
        terms=tuple(PhaseTerm(term.coefficient, used.index(term.block), term.side) for term in terms),
        part="antisymmetric" if has_momentum else "symmetric",
        factor=growth if has_momentum else sp.powsimp(growth**2),
        matrices=tuple(matrices[number] for number in used),
        shift=space.parameters if has_momentum else 0,
        suffix=_suffix(space),
        is_named=is_named,
        coords=lambda: space.coords,
    )

