"""Re-check of the number of orbits: the slices are those of the rotations, and each holds as many solutions."""

from __future__ import annotations

from typing import Any

import flint

from symdyn.certificate.recheck.equilibria.solution_count import check_solution_count
from symdyn.certificate.refutation import Recheck, need
from symdyn.certificate.witness.equilibria.orbit_count import CountedSlice, OrbitCountWitness
from symdyn.certificate.witness.equilibria.solution_count import Polynomial


def check_orbit_count(witness: OrbitCountWitness, verdict: str) -> Recheck:
    """Compare the slices with those that every orbit meets once, and count the solutions in each again."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of an exact count")
    _check_slices(witness)
    flow = frozenset().union(*(_beyond_position(witness, one) for one in witness.slices))
    for number, one in enumerate(witness.slices):
        _check_position(witness, one, flow, f"witness.slices[{number}].solutions")
        found = check_solution_count(one.solutions, verdict)
        if found.verdict != "proved":
            return found
    return Recheck("proved", f"there are {witness.count} orbits again, counted in {len(witness.slices)} slices")


def _check_slices(witness: OrbitCountWitness) -> None:
    pivots = [one.pivots for one in witness.slices]
    if not witness.weights:
        need(sorted(pivots) == sorted(witness.every_choice()), "witness.slices", "are not all, each once")
        return
    need(len(pivots) == 1, "witness.slices", "are not one")
    good = len(set(pivots[0])) == len(pivots[0]) == len(witness.weights)
    need(good and max(pivots[0]) < len(witness.tokens), "witness.slices[0].pivots", "are not one circle for each row")
    square: Any = flint.fmpz_mat([[row[k] for k in pivots[0]] for row in witness.weights])
    # a lattice index of one: no rotation but the identity keeps all pivots where they are
    need(abs(int(square.det())) == 1, "witness.weights", "leave rotations that keep the slice")


def _equations(one: CountedSlice) -> frozenset[Any]:
    return frozenset(_plain(terms) for terms in one.solutions.equations)


def _beyond_position(witness: OrbitCountWitness, one: CountedSlice) -> frozenset[Any]:
    return _equations(one) - {_plain(terms) for terms in witness.position(one.pivots)[0]}


def _check_position(witness: OrbitCountWitness, one: CountedSlice, flow: frozenset[Any], place: str) -> None:
    """The equations are those of the flow, which are the same in all slices, and those of the slice."""
    vanish, positive = witness.position(one.pivots)
    known = _equations(one)
    spheres = {_plain(terms) for terms in witness.spheres()}
    need(spheres <= known, f"{place}.equations", "do not hold those of the spheres")
    whole = flow | {_plain(terms) for terms in vanish}
    need(known == whole, f"{place}.equations", "are not those of the slice and of the same flow")
    first = witness.slices[0]
    same = {_plain(p) for p in one.solutions.denominators} == {_plain(p) for p in first.solutions.denominators}
    need(same, f"{place}.denominators", "are of another flow than those of the first slice")
    conditions = {(_plain(item.polynomial), item.strict) for item in one.solutions.inequalities}
    wanted = {(_plain(terms), True) for terms in positive}
    need(conditions == wanted, f"{place}.inequalities", "are not those of the slice")


def _plain(terms: Polynomial) -> frozenset[Any]:
    return frozenset(terms)
