"""The law engine against a slow route of its own, on random models that are meant to fool it; and the route itself.

`benchmarks/adversarial` has the route: exact brackets over Q, none of the engine's code. Every model depends on the
seed, its class and its number alone: `python benchmarks/adversarial.py --only primes:17` prints one.
"""

import dataclasses
import random
from collections.abc import Iterable

import pytest
import sympy as sp

from benchmarks.adversarial.cases import Case
from benchmarks.adversarial.classes import CLASSES, drawn, outcome, sizes
from benchmarks.adversarial.closure import Closure, bracket, closure
from benchmarks.adversarial.compare import compared
from benchmarks.adversarial.conserved import held
from benchmarks.adversarial.outputs import parametrized
from benchmarks.adversarial.phases import sign_vectors
from benchmarks.adversarial.quotients import Field, Quotient, Space, cleared
from benchmarks.adversarial.strata import rank_at
from benchmarks.adversarial.values import Values, with_values

SEED = 0
P = 2**31 - 1
FEW, MANY = sizes(300, list(CLASSES)), sizes(10_000, list(CLASSES))


def faults(name: str, numbers: Iterable[int]) -> list[str]:
    """What was false, each with the place that prints the model."""
    found = {number: outcome(name, number, SEED).faults for number in numbers}
    return [f"{name}:{number} {fault}" for number, every in found.items() for fault in every]


@pytest.mark.parametrize("name", CLASSES)
def test_a_few_models_of_each_class_are_answered_as_exact_brackets_say(name):
    assert faults(name, range(FEW[name])) == []


@pytest.mark.slow("some 10,000 models of all classes, a minute or two of one core together")
@pytest.mark.parametrize("name", CLASSES)
def test_many_models_of_each_class_are_answered_as_exact_brackets_say(name):
    assert faults(name, range(FEW[name], MANY[name])) == []


@pytest.mark.parametrize("name", CLASSES)
def test_a_model_depends_on_seed_class_and_number_alone(name):
    assert drawn(name, 3, SEED).text == drawn(name, 3, SEED).text
    assert len({drawn(name, number, SEED).text for number in range(12)}) > 1


# The route, on distributions of the textbooks.


def closed(space: Space, *fields: list[Quotient]) -> Closure:
    return closure(space, [cleared(field) for field in fields], random.Random(SEED))


def heisenberg(space: Space) -> list[list[Quotient]]:
    x, _, _ = space.generators()
    zero, one = space.number(0), space.number(1)
    return [[one, zero, zero], [zero, one, x]]


def rotations(space: Space) -> list[list[Quotient]]:
    """so(3) on R^3."""
    x, y, z = space.generators()
    zero = space.number(0)
    return [[zero, z, -y], [-z, zero, x], [y, -x, zero]]


def engel(space: Space) -> list[list[Quotient]]:
    """d_w and d_x + y d_z + w d_y: growth 2, 3, 4."""
    _, y, _, w = space.generators()
    zero, one = space.number(0), space.number(1)
    return [[zero, zero, zero, one], [one, w, y, zero]]


def special_linear(space: Space) -> list[list[Quotient]]:
    """sl(2) on two copies of the plane keeps one determinant."""
    a, b, c, d = space.generators()
    zero = space.number(0)
    return [[b, zero, d, zero], [zero, a, zero, c]]


@pytest.mark.parametrize(
    ("fields", "dimension", "rank"),
    [(heisenberg, 3, 3), (rotations, 3, 2), (engel, 4, 4), (special_linear, 4, 3)],
)
def test_the_route_closes_textbook_distributions(fields, dimension, rank):
    space = Space.of(dimension)
    assert closed(space, *fields(space)) == Closure(dimension, rank, True, True)


@pytest.mark.parametrize("factor", [1, 7, P, P * (2**31 - 19) * 8388593, 10**40])
def test_the_route_gives_one_field_the_rank_one_whatever_its_factor(factor):
    space = Space.of(2)
    a, b = space.generators()
    assert closed(space, [factor * b, -factor * a]).rank == 1


def test_the_route_gives_fields_that_are_zero_the_rank_zero():
    space = Space.of(2)
    a, _ = space.generators()
    assert closed(space, [a - a, a * 0]) == Closure(2, 0, True, True)


def test_the_route_sees_dependence_over_functions():
    space = Space.of(3)
    x, y, z = space.generators()
    field = [x * y, z, x + 1]
    assert closed(space, field, [(1 + z) * part for part in field], [part / (x * x + 1) for part in field]).rank == 1


def test_euler_top_keeps_energy_and_angular_momentum_and_no_other_quadric():
    space = Space.of(3)
    x, y, z = space.generators()
    top = cleared([-y * z, x * z, -(x * y) / 3])
    symbols = sp.symbols("x y z")
    places = {symbol: number for number, symbol in enumerate(symbols)}
    laws = [symbols[0] ** 2 + symbols[1] ** 2, symbols[1] ** 2 + 3 * symbols[2] ** 2]
    found = held(laws, [top], places, 3, 3, random.Random(SEED))
    assert (found.broken, found.rank) == ("", 2)
    assert closed(space, [-y * z, x * z, -(x * y) / 3]).laws == 2
    assert held([symbols[0] ** 2], [top], places, 3, 3, random.Random(SEED)).broken == "x**2"


def test_the_bracket_acts_on_functions_as_a_commutator():
    space = Space.of(3)
    x, y, z = space.generators()
    v, w = cleared([x * y, z, 1 + y]), cleared([z * z, x, y * x * x])

    def along(field: Field, function: Quotient) -> Quotient:
        slopes = space.gradient(function)
        return sum((Quotient(part, slope.below) * slope for part, slope in zip(field, slopes)), space.number(0))

    g = x**3 * y - z**2 + x
    difference = along(v, along(w, g)) - along(w, along(v, g))
    assert (along(bracket(space, v, w), g) - difference).above.is_zero()


def test_laws_with_logarithms_and_exponentials_are_held_against_fields():
    u, v, s, t = symbols = sp.symbols("u v s t")
    space = Space.of(4)
    x = space.generators()
    field = cleared(space.gradient((1 + x[0] * x[1]) * (1 + x[2] * x[3])))
    law = sp.log(u + v) + (u**2 + v**2) / 4 - sp.log(s + t) - (s**2 + t**2) / 4
    places = {symbol: number for number, symbol in enumerate(symbols)}
    assert held([law], [field], places, 4, 4, random.Random(SEED)).broken == ""
    assert held([law + u], [field], places, 4, 4, random.Random(SEED)).broken != ""
    decay = [cleared([-x[3] * x[0], x[0] * 0, space.number(1), x[0] * 0])]  # u' = -t u along s, t constant
    assert held([u * sp.exp(s * t)], decay, places, 4, 4, random.Random(SEED)).broken == ""
    assert held([u * sp.exp(2 * s * t)], decay, places, 4, 4, random.Random(SEED)).broken != ""


def test_identities_between_transcendental_values_are_exact_at_given_inputs():
    def formulas(f: Values) -> list[Quotient]:
        u, v = f.parameters()
        z = 3 * u + v / 2
        return [
            f.sin(z) ** 2 + f.cos(z) ** 2 - 1,
            f.tanh(z) - (1 - 2 / (f.exp(2 * z) + 1)),
            f.cosh(z) + f.sinh(z) - f.exp(z),
            f.sin(2 * z) - 2 * f.sin(z) * f.cos(z),
            f.exp(u) * f.exp(v) - f.exp(u + v),
            f.log(6 * u * v) - f.log(2 * u) - f.log(3 * v),
            f.erf(z) + f.erf(-z),
            f.normal(u) + f.normal(-u),
        ]

    values = with_values(2, formulas)
    assert [str(formula.above) for formula in formulas(values)] == ["0"] * 8


def test_derivatives_of_transcendental_values_follow_their_rules():
    def formulas(f: Values) -> list[Quotient]:
        u, v = f.parameters()
        return [f.exp(u * v), f.tan(u), f.log(u + v), f.exp(-(u * u))]

    values = with_values(2, formulas)
    u, v = values.parameters()
    power, tangent, logarithm, bell = formulas(values)
    scale = Quotient(values.space.scale, values.space.ring.constant(1))
    slopes = [values.space.gradient(one)[0] for one in (power, tangent, logarithm, bell)]
    expected = [v * power, 1 + tangent * tangent, 1 / (u + v), -2 * u * bell]
    assert [(slope - scale * one).above.is_zero() for slope, one in zip(slopes, expected)] == [True] * 4


def test_signs_of_parallel_columns_move_together():
    """Columns (1, 2), (2, 4), (0, 1), (0, 0): two directions, and one parameter that rests."""
    found = sign_vectors(random.Random(SEED), [(1, 2), (2, 4), (0, 1), (0, 0)])
    assert sp.Matrix(sorted(found)).rank() == 2
    assert {signs[0] == signs[1] for signs in found} == {True}
    assert {signs[3] for signs in found} == {0}


@pytest.mark.parametrize(("point", "rank"), [((1, 2, 3), 3), ((P, 0, 0), 3), ((0, 0, 0), 0)])
def test_the_algebra_of_matrices_at_a_point(point, rank):
    """diag(1, 2, 3) and a matrix that mixes all coordinates generate enough for every point but the origin."""
    matrices = [[[1, 0, 0], [0, 2, 0], [0, 0, 3]], [[0, 1, 1], [1, 0, 1], [1, 1, 0]]]
    assert rank_at(matrices, point) == rank


# That the comparison notices what is wrong.


def product() -> Case:
    """u v w: two laws."""
    return parametrized([lambda x: x[0] * x[1] * x[2]], 3)


def test_a_proof_of_another_number_is_noticed():
    other = parametrized([lambda x: x[0] * x[1], lambda x: x[2]], 3)
    case = dataclasses.replace(product(), fields=other.fields)
    found = compared(case, random.Random(SEED))
    assert found.kind == "false proof"
    assert any("route has 1" in fault for fault in found.faults)
    assert compared(product(), random.Random(SEED)).faults == ()


def test_a_law_that_is_not_conserved_is_noticed():
    case = dataclasses.replace(product(), fields=parametrized([lambda x: x[0] + x[1] ** 2], 3).fields)
    assert any(fault.startswith("law not conserved") for fault in compared(case, random.Random(SEED)).faults)


def test_an_exception_that_is_no_refusal_is_a_crash():
    def broken() -> None:
        raise IndexError("list index out of range")

    found = compared(dataclasses.replace(product(), model=broken), random.Random(SEED))
    assert found.kind == "crash"
    assert found.faults[0].startswith("crash: IndexError")
