"""Iterated brackets: values mod p against symbolic ones, and closures whose rank is known."""

import random

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.linear.jets import constant
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.algebra.linear.primes import prime
from symdyn.errors import ModelError
from symdyn.geometry.block import Block
from symdyn.geometry.fields.bracket_span import explore
from symdyn.geometry.fields.generators import bracket
from symdyn.networks.programs.program import Factor, MatrixProgram, Term
from tests.geometry.random_fields import random_field, random_polynomial, rotation

x = sp.symbols("x:3")
FIELDS = [pytest.param(PrimeField(prime(bits)), id=f"{bits} bits") for bits in (23, 31)]
every_field = pytest.mark.parametrize("field", FIELDS)
PROVED, PROBABLE, UNDECIDED = sd.Verdict.PROVED, sd.Verdict.PROBABLE, sd.Verdict.UNDECIDED


def units(field, places, number):
    """Coefficients that choose one generator for each member of a batch."""
    return field.array(np.eye(number, dtype=np.int64)[list(places)])


def nested(fields, word):
    """The bracket [a_k, [..., [a_1, a_0]]] in SymPy."""
    return fields[word[0]] if len(word) == 1 else sd.lie_bracket(fields[word[0]], nested(fields, word[1:]))


def value_mod(components, point, p):
    """Components with integer coefficients at an integer point, mod p."""
    return [int(component.subs(point)) % p for component in components]


# Values of brackets.


@every_field
@pytest.mark.parametrize("depth", range(4))
@pytest.mark.parametrize("seed", range(2))
def test_brackets_mod_p_are_the_symbolic_ones_at_the_point(field, depth, seed):
    fields = [random_field(x, 10 * seed + k) for k in range(3)]
    generators = sd.Distribution(tuple(fields)).polynomial_fields
    draw = random.Random(seed)
    words = [[draw.randrange(3) for _ in range(depth + 1)] for _ in range(2)]
    at = [draw.randrange(field.p) for _ in x]
    slots = [units(field, [word[k] for word in words], 3) for k in range(depth + 1)]
    (found,) = bracket(generators, slots, constant(field.array(at)), field)
    point = dict(zip(x, at, strict=True))
    wanted = [value_mod(nested(fields, word).components, point, field.p) for word in words]
    assert (found.astype(np.int64) % field.p).tolist() == wanted


@every_field
@pytest.mark.parametrize("depth", range(3))
def test_symbolic_constants_do_not_move(field, depth):
    a, b = sp.symbols("a b")
    draw = random.Random(depth)
    fields = [sd.VectorField(x, [random_polynomial((*x, a, b), 3, 4, draw) for _ in x]) for _ in range(2)]
    generators = sd.Distribution(tuple(fields), constants=(a, b)).polynomial_fields
    word = [0, 1, 0, 1][: depth + 1]
    at = [draw.randrange(field.p) for _ in range(5)]
    (found,) = bracket(generators, [units(field, [k], 2) for k in word], constant(field.array(at)), field)
    wanted = value_mod(nested(fields, word).components, dict(zip((*x, a, b), at, strict=True)), field.p)
    assert (found[0].astype(np.int64) % field.p).tolist() == wanted


@every_field
def test_brackets_are_multilinear_in_their_combinations(field):
    generators = sd.Distribution(tuple(random_field(x, k) for k in range(3))).polynomial_fields
    rng = np.random.default_rng(0)
    point = constant(field.array(rng.integers(0, field.p, size=3)))
    outer, inner, other = (field.array(rng.integers(0, field.p, size=(1, 3))) for _ in range(3))

    def value(*word):
        return bracket(generators, list(word), point, field)[0].astype(np.int64).astype(object)

    together = value(outer, field.reduce(inner + other))
    assert not ((together - value(outer, inner) - value(outer, other)) % field.p).any()
    assert not ((value(outer, inner) + value(inner, outer)) % field.p).any()


# Programs and their expanded outputs.


def program(blocks, *sums):
    """A matrix program; factors are block numbers, those transposed as ~number."""
    terms = tuple(
        tuple(
            Term(scale, tuple(Factor(~f, True) if f < 0 else Factor(f) for f in factors)) for scale, factors in output
        )
        for output in sums
    )
    return MatrixProgram("test program", tuple(Block(*block) for block in blocks), terms)


PROGRAMS = {
    "linear": sd.networks.linear(2, 3, 2),
    "deep": sd.networks.linear(2, 2, 1, 2),
    "tied": program([("U", 2, 3)], [(1, [0, ~0])]),
    "skip": program([("U", 2, 2), ("V", 2, 2)], [(3, [0]), (-2, [0, ~1]), (1, [1, 1, 0])]),
    "recurrence": program(
        [("A", 2, 2), ("B", 2, 1), ("C", 1, 2)], [(1, [2, 1])], [(1, [2, 0, 1])], [(5, [2, 0, 0, 1])]
    ),
    "bias": program([("W", 2, 2), ("V", 2, 2), ("b", 2, 1)], [(1, [1, 0])], [(1, [1, 2])]),
}


@every_field
@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("model", PROGRAMS.values(), ids=PROGRAMS)
def test_program_has_the_jets_of_its_expanded_outputs(model, size, field):
    expanded = sd.Parametrization(model.coords, model.outputs).polynomial_fields
    rng = np.random.default_rng([size, model.dimension])
    coefficients = field.array(rng.integers(0, field.p, size=(3, model.number)))
    point = tuple(field.array(rng.integers(0, field.p, size=(3, model.dimension))) for _ in range(size))
    pairs = zip(model.combine(coefficients, point, field), expanded.combine(coefficients, point, field), strict=True)
    zero = np.zeros((3, model.dimension), dtype=field.dtype)
    assert [((zero if a is None else a) - (zero if b is None else b)).any() for a, b in pairs] == [False] * size


# Closures.


def test_heisenberg_distribution_closes_at_rank_three():
    """Rank 2 at every point, yet its one bracket is vertical: the textbook contact example."""
    v, w = sd.VectorField(x, [1, 0, -x[1] / 2]), sd.VectorField(x, [0, 1, x[0] / 2])
    closure = sd.involutive_closure(sd.Distribution((v, w)))
    assert closure.rank == 3
    assert closure.words == (0, 1, (1, 0))
    assert closure.levels == (2, 3)
    assert closure.certificate.verdict is PROVED
    assert closure.certificate.verify().verdict is PROVED


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_rotations_of_space_close_with_generic_rank_two(number, seed):
    """so(3) is three-dimensional, but its orbits are spheres: the third rotation is a combination over functions."""
    rotations = (rotation(x, 1, 2), rotation(x, 2, 0), rotation(x, 0, 1))[:number]
    closure = sd.involutive_closure(sd.Distribution(rotations), seed=seed)
    assert (closure.rank, closure.words, closure.levels) == (2, (0, 1), (2,))
    assert closure.certificate.verdict is PROVED
    assert closure.certificate.verify().verdict is PROVED


@pytest.mark.parametrize("seed", range(3))
def test_rotations_of_a_pair_of_vectors_close_at_three(seed):
    """Two rotations generate so(3), which moves a pair of vectors in three directions."""
    pair = sp.symbols("x:6")

    def twice(first, second):
        parts = [rotation(pair, first, second), rotation(pair, first + 3, second + 3)]
        return sd.VectorField(pair, parts[0].components + parts[1].components)

    closure = sd.involutive_closure(sd.Distribution((twice(1, 2), twice(2, 0))), seed=seed)
    assert (closure.rank, closure.levels) == (3, (2, 3))
    assert closure.certificate.verdict is PROVED
    assert closure.certificate.verify().verdict is PROVED


def test_engel_distribution_needs_brackets_of_depth_two():
    """d_3 and d_0 + x_3 d_1 + x_1 d_2 in dimension 4: growth 2, 3, 4."""
    e = sp.symbols("e:4")
    v, w = sd.VectorField(e, [0, 0, 0, 1]), sd.VectorField(e, [1, e[3], e[1], 0])
    closure = sd.involutive_closure(sd.Distribution((v, w)))
    assert (closure.rank, closure.levels) == (4, (2, 3, 4))
    assert closure.words[:3] == (0, 1, (1, 0))


@pytest.mark.parametrize("seed", range(4))
def test_one_field_closes_at_once(seed):
    closure = sd.involutive_closure(random_field(x, seed), seed=seed)
    assert (closure.rank, closure.words, closure.certificate.verdict) == (1, (0,), PROVED)
    assert closure.certificate.verify().verdict is PROVED


def test_coordinate_fields_are_closed_below_the_dimension():
    v, w = sd.VectorField(x, [1, 0, 0]), sd.VectorField(x, [0, 1, 0])
    closure = sd.involutive_closure(sd.Distribution((v, w)))
    assert (closure.rank, closure.certificate.verdict) == (2, PROVED)


def test_the_zero_field_has_rank_zero():
    closure = sd.involutive_closure(sd.VectorField(x, [0, 0, 0]))
    assert (closure.rank, closure.words) == (0, ())
    assert closure.certificate.verify().verdict is PROVED


@pytest.mark.parametrize("seed", range(3))
def test_rank_is_that_of_the_symbolic_brackets(seed):
    """The rank at a rational point of the fields and all brackets up to depth 2, in SymPy."""
    fields = [random_field(x, 20 + 2 * seed + k, terms=2) for k in range(2)]
    words = [[0], [1], [1, 0], [0, 1, 0], [1, 1, 0]]
    at = {symbol: sp.Integer(value) for symbol, value in zip(x, (2, 3, 5), strict=True)}
    columns = [nested(fields, word).components.subs(at) for word in words]
    closure = sd.involutive_closure(sd.Distribution(tuple(fields)), seed=seed)
    assert closure.rank >= sp.Matrix.hstack(*columns).rank()


@pytest.mark.parametrize(("widths", "levels"), [((2, 3, 5), (10, 15)), ((2, 2, 5, 4, 2), (4, 9, 13, 14))])
def test_networks_close_at_the_levels_of_the_reference_grid(widths, levels):
    """arXiv 2307.00144, main.ipynb: linear nets [5, 3, 2] and [2, 4, 5, 2, 2], widths from output to input."""
    closure = sd.involutive_closure(sd.networks.linear(*widths))
    assert (closure.rank, closure.levels) == (levels[-1], levels)
    assert closure.certificate.verdict is PROBABLE


def test_point_holds_a_residue_for_every_symbol():
    a = sp.Symbol("a")
    field = sd.VectorField(x, [a * x[1], x[2], 0])
    closure = sd.involutive_closure(sd.Distribution((field,), constants=(a,)))
    assert tuple(closure.point) == (*x, a)
    assert all(0 < value < prime(31) for value in closure.point.values())


def test_a_spent_budget_leaves_a_rank_that_is_a_lower_bound():
    network = sd.networks.linear(4, 5, 4, 4)
    closure = sd.involutive_closure(network, time_limit=1e-9)
    assert closure.rank <= sd.involutive_closure(network).rank
    assert closure.certificate.verdict is UNDECIDED
    assert closure.certificate.verify().verdict is UNDECIDED


def test_a_function_without_a_rule_of_derivation_is_refused():
    with pytest.raises(ModelError, match=r"the function gamma in gamma\(x0\) has no rule of derivation here"):
        sd.involutive_closure(sd.VectorField(x, [0, sp.gamma(x[0]), 0]))


# Exploration with its options.


@pytest.mark.parametrize("bits", [23, 31])
@pytest.mark.parametrize("seed", range(3))
def test_prime_and_seed_change_no_rank(bits, seed):
    span = explore(sd.networks.linear(3, 4, 2), prime(bits, seed), seed=seed)
    # r(r+1)/2 = 10 laws among 4 * (3 + 2) coordinates
    assert (span.rank, span.closed) == (20 - 10, True)


@pytest.mark.parametrize(("target", "levels"), [(6, [6]), (10, [6, 10])])
def test_exploration_stops_at_the_level_that_reaches_its_target(target, levels):
    span = explore(sd.networks.linear(3, 4, 2), prime(23), target=target)
    assert (span.levels, span.closed) == (levels, True)


def test_the_point_is_used_and_stagnation_there_is_passed_over_on_demand():
    """d_x and x^2 d_y at x = 0: the first bracket vanishes there, the second does not."""
    u, v = sp.symbols("u v")
    model = sd.Distribution((sd.VectorField((u, v), [1, 0]), sd.VectorField((u, v), [0, u**2]))).polynomial_fields
    assert explore(model, prime(31), point=[0, 0]).rank == 1
    assert explore(model, prime(31), point=[0, 0], max_level=2, stop_when_idle=False).rank == 2


def test_progress_reports_ranks_that_never_fall():
    told = []
    explore(sd.networks.linear(4, 4, 4), prime(23), progress=lambda level, rank: told.append((level, rank)))
    assert told == sorted(told)
    assert told[-1][1] == 32 - 10
