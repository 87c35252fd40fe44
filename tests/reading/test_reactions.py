"""Reaction networks: laws for all rate constants, mass action, moieties, and how they are written."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.linear.nonnegative_kernel import nonnegative_kernel
from symdyn.errors import FormulaError, ModelError

ENZYME = "E + S <-> C, k1, k2; C -> E + P, k3"


def names(network):
    return {str(symbol): symbol for symbol in (*network.species, *network.rates)}


def test_mass_action_of_an_enzyme_is_the_textbook_field():
    network = sd.reactions(ENZYME)
    s = names(network)
    E, S, C, k1, k2, k3 = (s[name] for name in ("E", "S", "C", "k1", "k2", "k3"))
    bind, free, make = k1 * E * S, k2 * C, k3 * C
    assert [str(name) for name in network.species] == ["E", "S", "C", "P"]
    expected = [-bind + free + make, -bind + free, bind - free - make, make]
    assert [sp.expand(a - b) for a, b in zip(network.field.components, expected, strict=True)] == [0, 0, 0, 0]


def test_moieties_are_kept_by_every_reaction_and_counted_by_the_law_engine():
    network = sd.reactions(ENZYME)
    s = names(network)
    assert set(network.moieties) == {s["E"] + s["C"], s["S"] + s["C"] + s["P"]}
    found = sd.conservation_laws(network.distribution)
    assert (found.count, found.verdict) == (2, sd.Verdict.PROVED)
    assert len(network.totals) == found.count == len(network.species) - network.rank
    for law in network.moieties:
        assert sd.is_conserved(law, network.flow).verdict is sd.Verdict.PROVED


def test_a_law_of_one_rate_is_no_law_for_all_rates():
    """A <-> B at equal rates keeps no more than A + B; two decays at equal rates keep the quotient."""
    network = sd.reactions("A -> 0, 2; B -> 0, 2")
    assert sd.conservation_laws(network.distribution).count == 0
    assert sd.conservation_laws(network.flow).count == 1


def test_equilibria_on_the_leaf_of_totals():
    """A <-> B with constants 2 and 1 and A + B = 3 rests at A = 1."""
    network = sd.reactions("A <-> B, 2, 1")
    A, B = network.species
    (only,) = sd.equilibria(network.on_leaf({A + B: 3}))
    assert only.point == {A: 1, B: 2}
    with pytest.raises(ModelError, match="give a value for each of A \\+ B"):
        network.on_leaf({A - B: 3})


@pytest.mark.parametrize(
    ("text", "deficiency", "reversible"),
    [
        (ENZYME, 0, False),
        ("A <-> 2 B, a, b; A + C <-> D, c, d; D -> B + E, e; B + E -> A + C, f", 0, True),  # Feinberg's example
        ("3 A -> A + 2 B, a; A + 2 B -> 3 B, b; 3 B -> 2 A + B, c; 2 A + B -> 3 A, d", 2, True),  # Horn and Jackson
        ("0 <-> X, a, b; 2 X + Y -> 3 X, c; X -> Y, d", 1, False),  # Brusselator
    ],
)
def test_deficiency_of_networks_of_the_literature(text, deficiency, reversible):
    network = sd.reactions(text)
    assert (network.deficiency, network.is_weakly_reversible) == (deficiency, reversible)


def test_a_rate_with_a_species_is_the_whole_rate():
    network = sd.reactions("S -> P, Vmax*S/(Km + S)")
    s = names(network)
    assert network.field.components[1] == s["Vmax"] * s["S"] / (s["Km"] + s["S"])
    assert network.distribution.fields[0].components == sp.ImmutableMatrix([-1, 1])


def test_rates_that_are_not_written_are_numbered_and_values_are_exact():
    network = sd.reactions("A -> B; B -> C # a remark\nC -> A, k", values={"k2": "0.1"})
    assert [str(one.rate) for one in network.reactions] == ["k1", "1/10", "k"]
    assert all(rate.is_positive for rate in network.rates)


def test_extreme_rays_against_all_small_vectors():
    """Every small non-negative vector of the kernel is a combination of the rays found; no ray is one of the others."""
    random.seed(5)
    for _ in range(40):
        size, columns = random.randint(2, 5), random.randint(1, 3)
        matrix = [[random.randint(-2, 2) for _ in range(columns)] for _ in range(size)]
        rays = nonnegative_kernel(matrix)
        assert rays is not None
        supports = [frozenset(k for k, a in enumerate(ray) if a) for ray in rays]
        assert all(not (a < b) for a in supports for b in supports)
        for ray in rays:
            assert not np.any(np.array(ray) @ np.array(matrix))
        smallest = set()
        for y in itertools.product(range(4), repeat=size):
            if any(y) and not np.any(np.array(y) @ np.array(matrix)):
                smallest.add(frozenset(k for k, a in enumerate(y) if a))
        for support in smallest:
            assert any(ray <= support for ray in supports)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A + -> B", "reaction 1: an empty place beside \\+, column 5, is no species"),
        ("A -> B; A B -> C, k", 'reaction 2: "A B", column 1, is no species'),
        ("A -> B -> C", "2 arrows"),
        ("A + B", "no arrow"),
        ("A -> B, k1, k2", "reaction 1 has 2 rates: write one"),
        ("A <-> B, k", "reaction 1 has 1 rate: write two"),
        ("A -> B, ", "the rate of reaction 1 is empty"),
        ("-> , 1", "no species: write one on a side"),
        ("", "there is no reaction"),
        (3, "no text of reactions"),
        ("1000 A -> B", "whole number from 1 to 100"),
        ("A -> B, f(A)", "calls what is no function"),
        ("A -> B, -1", "a rate constant is a number from 0"),
    ],
)
def test_what_does_not_parse_is_named_with_its_place(text, message):
    with pytest.raises((FormulaError, ModelError), match=message):
        sd.reactions(text)


@pytest.mark.parametrize(
    ("values", "message"),
    [({"q": 1}, "no constant"), ({"k": -1}, "a number from 0"), ({"A": 1}, "no constant")],
)
def test_values_of_what_is_no_constant_are_refused(values, message):
    with pytest.raises(ModelError, match=message):
        sd.reactions("A -> B, k", values=values)


@pytest.mark.parametrize("totals", [3, [1, 2], "T"])
def test_totals_that_are_no_mapping_are_refused_with_what_to_write(totals):
    with pytest.raises(ModelError, match="give a value for each law, as in {A \\+ C: 1, B \\+ C: 1}"):
        sd.reactions("A + B -> C, k1; C -> A + B, k2").on_leaf(totals)
