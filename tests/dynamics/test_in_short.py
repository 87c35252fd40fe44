"""Nouns in a prompt: one line that says the answer; printed, an answer is its text. Laws as functions of points."""

from __future__ import annotations

import re

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.brief import Brief, one_line
from symdyn.certificate.shown import Answer, Shown
from symdyn.errors import ModelError
from tests.report.answers import OPEN, answer

u, v, w, x, y, r = sp.symbols("u v w x y r")
FLOW = sd.Flow(sd.VectorField((x, y), [x - x**3, -y]))
MAP = sd.Iteration((x,), [sp.Rational(16, 5) * x * (1 - x)])
PHI = sd.Parametrization((u, v, w), [u * v, v * w])
HEISENBERG = sd.Distribution((sd.VectorField((x, y, u), [1, 0, -y / 2]), sd.VectorField((x, y, u), [0, 1, x / 2])))


@pytest.fixture(scope="module")
def nouns():
    system = sd.system("deep_linear_network")
    branches = sd.continuation(sd.Flow(sd.VectorField((x,), [r * x - x**3])), r, (-1, 2))
    count, rests = sd.conservation_laws(PHI), sd.equilibria(FLOW)
    return {
        "model": PHI,
        "network": sd.networks.linear(30, 20, 10),
        "field": FLOW.field,
        "flow": FLOW,
        "map": MAP,
        "laws": count,
        "certificate": count.certificate,
        "equilibria": rests,
        "equilibrium": rests[0],
        "stability": rests[0].stability,
        "periodic points": sd.periodic_points(MAP, 2),
        "continuation": branches,
        "branch": branches[0],
        "closure": sd.involutive_closure(HEISENBERG),
        "system": system,
        "claim": system.claims[0],
        "outcome": system.claims[0].measured(seed=0),
        "report": sd.Report.of("Title", count),
        "figure": branches.figure(),
        "constraint": sd.system("multistable_self_attention").flow.constraint,
        "candidate": sd.verify_equilibrium(FLOW, {x: 0, y: 0}),
    }


def test_the_repr_of_every_noun_is_one_short_line(nouns):
    for name, noun in nouns.items():
        line = repr(noun)
        assert re.fullmatch(rf"<{type(noun).__name__}: .+>", line), name
        assert len(line) <= 200, name
        assert line.isprintable(), name


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("model", "<Parametrization: u, v, w -> u*v, v*w>"),
        ("laws", "<LawCount: exactly 1 conservation law, 1 in hand, PROVED>"),
        ("equilibria", "<Equilibria: 3 found, completeness PROVED>"),
        ("equilibrium", "<Equilibrium: equilibrium x = 1, y = 0; stable, PROVED>"),
        ("stability", "<Stability: stable, 0 unstable, 0 neutral, 2 stable, PROVED>"),
        ("continuation", "<Continuation: 3 branches over r from -1 to 2, OBSERVED>"),
        ("closure", "<Closure: rank 3, PROVED>"),
        ("flow", "<Flow: x' = -x**3 + x, y' = -y>"),
    ],
)
def test_the_line_says_the_answer_and_how_it_is_known(nouns, name, line):
    assert repr(nouns[name]) == line


@pytest.mark.parametrize("name", OPEN)
def test_an_open_interval_is_shown_by_its_ends(name):
    count = answer(name)
    assert f"between {count.lower} and {count.upper} conservation laws" in repr(count)
    assert "PROVED" not in repr(count)


def test_printing_an_answer_gives_its_text(nouns):
    printed = [noun for noun in nouns.values() if isinstance(noun, Answer)]
    assert len(printed) > 5
    assert all(str(noun) == noun.text() for noun in printed)


def test_a_formula_that_is_large_is_not_printed_in_the_line():
    large = sum(x**k for k in range(200))
    assert repr(sd.Flow(sd.VectorField((x,), [large]))) == "<Flow: x' = ...>"


def test_a_noun_with_a_repr_of_its_own_keeps_it_and_others_have_the_short_one():
    assert repr(sd.Law(u**2 - v**2)) == "Law(u**2 - v**2)"
    assert [noun for noun in Shown.__subclasses__() if noun.__repr__ is object.__repr__] == []
    assert issubclass(Shown, Brief)


def test_a_long_line_is_cut():
    assert one_line("a\n b  c") == "a b c"
    assert one_line("a" * 50, 20) == "a" * 16 + " ..."


@pytest.mark.parametrize("point", [{u: 3, v: sp.Rational(1, 2)}, {"u": 3, "v": sp.Rational(1, 2), "other": 1}])
def test_a_law_is_a_function_of_points_by_symbol_or_name(point):
    assert sd.Law(u**2 - v**2)(point) == sp.Rational(35, 4)


def test_a_matrix_law_has_a_matrix_as_value():
    (law,) = sd.conservation_laws(sd.networks.linear(2, 2, 1)).laws
    symbols = sorted(law.expression.free_symbols, key=str)
    point = {symbol: k + 1 for k, symbol in enumerate(symbols)}
    assert law(point) == law.expression.subs(point)


def test_a_law_without_a_value_for_a_symbol_says_which():
    with pytest.raises(ModelError, match="`v` has no value: give the law a value for each of u, v"):
        sd.Law(u**2 - v**2)({u: 1})


def test_a_law_stands_in_running_text():
    assert sd.Law(u**2 - v**2).inline() == "u^{2} - v^{2}"
    (law,) = sd.conservation_laws(sd.networks.linear(5, 3, 2)).laws
    assert law.inline() == r"W_{1} W_{1}^\top - W_{2}^\top W_{2}"
    long = sd.Law(sum(symbol**2 for symbol in sp.symbols("a:40"))).inline()
    assert "\\\\" not in long
    assert "begin" not in long


def test_a_listing_of_the_package_has_its_public_names_alone():
    assert [name for name in dir(sd) if not name.startswith("__")] == sorted(sd.__all__)
