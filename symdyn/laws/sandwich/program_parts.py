"""Parts of a matrix program that share no block: heads of attention, say; parts of one shape are solved once."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import networkx as nx

from symdyn.certificate.canonical import canonical_text
from symdyn.dynamics.answers.law import GramTerm, MatrixIdentity
from symdyn.laws.sandwich.engines import Pieces, pieces_of
from symdyn.laws.sandwich.evidence import Budget, Evidence
from symdyn.laws.sandwich.programs import program_evidence
from symdyn.networks.programs.program import Factor, MatrixProgram, Term


@dataclass(frozen=True)
class ProgramPart:
    """Some blocks of a program, with the outputs made of them.

    Parameters
    ----------
    program
        The part as a program of its own.
    blocks
        Numbers of its blocks in the whole, increasing.
    coordinates
        Numbers of its coordinates in the whole.
    """

    program: MatrixProgram
    blocks: tuple[int, ...]
    coordinates: list[int]

    @property
    def where(self) -> dict[str, list[int]]:
        """The part's place in the whole, for the witness."""
        return {"coordinates": self.coordinates, "blocks": list(self.blocks)}


@pieces_of.register
def _program(program: MatrixProgram, *, seed: int, degree: int | None, budget: Budget) -> Pieces:
    parts = program_parts(program)
    if parts:
        return evidence_by_parts(program, parts, seed=seed, degree=degree, budget=budget)
    return [(None, program_evidence(program, seed=seed, degree=degree, budget=budget))]


def program_parts(program: MatrixProgram) -> list[ProgramPart]:
    """The parts, by first block; blocks in no output go with the first part."""
    sharing: nx.Graph[int] = nx.Graph()
    for output in program.sums:
        used = [factor.block for term in output for factor in term.factors]
        nx.add_path(sharing, used)
        sharing.add_nodes_from(used)
    groups = sorted((sorted(group) for group in nx.connected_components(sharing)), key=lambda group: group[0])
    if len(groups) == 1:
        return []
    idle = set(range(len(program.blocks))) - set(sharing)
    groups[0] = sorted(idle | set(groups[0]))
    return [_part(program, tuple(group)) for group in groups]


def _part(program: MatrixProgram, blocks: tuple[int, ...]) -> ProgramPart:
    local = {block: place for place, block in enumerate(blocks)}

    def renamed(term: Term) -> Term:
        return Term(term.coefficient, tuple(Factor(local[f.block], f.transposed) for f in term.factors))

    sums = tuple(tuple(map(renamed, output)) for output in program.sums if output[0].factors[0].block in local)
    own = MatrixProgram(program.name, tuple(program.blocks[block] for block in blocks), sums, program.description)
    coordinates = [k for block in blocks for k in range(program.offsets[block], program.offsets[block + 1])]
    return ProgramPart(own, blocks, coordinates)


def evidence_by_parts(
    program: MatrixProgram, parts: list[ProgramPart], *, seed: int, degree: int | None, budget: Budget
) -> list[tuple[ProgramPart, Evidence]]:
    """What is known about each part; the budget's reports add up what is known of all."""
    pieces = []
    solved: dict[str, Evidence] = {}
    lower, upper = 0, program.dimension
    for part in parts:
        upper -= part.program.dimension
        shape = part.program.to_data()
        key = canonical_text([shape["outputs"], [size for _, *size in shape["blocks"]]])
        found = solved.get(key)
        if found is None:
            found = program_evidence(part.program, seed=seed, degree=degree, budget=budget.shifted(lower, upper))
            if all(isinstance(law.form, MatrixIdentity) for law in found.laws + found.found):
                solved[key] = found
        laws = [dataclasses.replace(law, form=_in_whole(law.form, part, program)) for law in found.laws]
        pieces.append((part, dataclasses.replace(found, laws=laws, found=[])))
        lower, upper = lower + found.lower, upper + found.upper
    return pieces


def _in_whole(form: Any, part: ProgramPart, program: MatrixProgram) -> Any:
    """A law of a part as a law of the whole; polynomials are written in symbols that are those of the whole."""
    if not isinstance(form, MatrixIdentity):
        return form
    terms = tuple(GramTerm(term.coefficient, part.blocks[term.block], term.side) for term in form.terms)
    return MatrixIdentity(blocks=program.blocks, terms=terms, part=form.part, coords=lambda: program.coords)
