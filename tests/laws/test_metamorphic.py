"""Moves that cannot change how many laws there are, and moves that must.

An isometry of parameter space carries gradients to gradients, so it keeps every bound; scaling a single parameter is
none, and keeps the count of monomial parametrizations only.
"""

import random

import pytest
import sympy as sp

import symdyn as sd
from symdyn.laws.sandwich.evidence import Budget
from symdyn.laws.sandwich.fields import generic_evidence
from symdyn.laws.sandwich.monomial import polynomial_form
from tests.geometry.random_fields import random_polynomial
from tests.laws import models


def sparse(seed):
    """One to three random outputs of degree 2 or 3 in three to six variables."""
    draw = random.Random(seed)
    coords = sp.symbols(f"x1:{draw.randint(3, 6) + 1}")
    degree = draw.choice([2, 3])
    outputs = [random_polynomial(coords, degree, draw.randint(1, 4), draw) for _ in range(draw.randint(1, 3))]
    return sd.Parametrization(coords, outputs)


def bilinear(seed):
    """Random combinations of the products u_i v_j."""
    draw = random.Random(seed)
    u, v = sp.symbols(f"u1:{draw.randint(2, 4)}"), sp.symbols(f"v1:{draw.randint(2, 4)}")
    outputs = [
        sp.Add(*(draw.randint(-3, 3) * a * b for a in u for b in v)) + u[0] * v[0] for _ in range(draw.randint(1, 3))
    ]
    return sd.Parametrization((*u, *v), outputs)


def monomials(seed):
    """Random monomials with random coefficients."""
    draw = random.Random(seed)
    coords = sp.symbols(f"x1:{draw.randint(3, 6) + 1}")
    outputs = [
        draw.choice([-3, 1, 5]) * sp.Mul(*(x ** draw.randint(0, 2) for x in coords)) * coords[0]
        for _ in range(draw.randint(1, 3))
    ]
    return sd.Parametrization(coords, outputs)


def composed(seed):
    """Polynomials in one or two random ones: their gradients are related over functions."""
    draw = random.Random(seed)
    coords = sp.symbols(f"x1:{draw.randint(3, 4) + 1}")
    first, second = (random_polynomial(coords, 2, 2, draw) for _ in range(2))
    return sd.Parametrization(
        coords, draw.choice([[first, first**2], [first, second, first * second], [second + first**2]])
    )


MODELS = {
    **{f"sparse {seed}": sparse(seed) for seed in range(12)},
    **{f"bilinear {seed}": bilinear(seed) for seed in range(4)},
    **{f"monomials {seed}": monomials(seed) for seed in range(4)},
    **{f"composed {seed}": composed(seed) for seed in range(5)},
    "linear 2-2-2": models.linear_formulas((2, 2, 2)),
    "linear 3-2-1": models.linear_formulas((3, 2, 1)),
    "linear 1-2-2-1": models.linear_formulas((1, 2, 2, 1)),
    "tied 2x3": models.tied(2, 3),
    "circular": models.circular_convolution(3),
}
every_model = pytest.mark.parametrize("name", MODELS)
BOUNDS = {}


def bounds(phi, **options):
    """The three numbers that a move must keep; each of them in order, and proved when they meet."""
    answer = sd.conservation_laws(phi, **options)
    assert 0 <= answer.exhibited <= answer.lower <= answer.upper <= answer.dimension
    assert (answer.verdict is sd.Verdict.PROVED) == (answer.lower == answer.upper)
    return answer.lower, answer.upper, answer.exhibited


def original(name):
    """Bounds of the model as it stands, counted once."""
    if name not in BOUNDS:
        BOUNDS[name] = bounds(MODELS[name])
    return BOUNDS[name]


def substituted(phi, images):
    """phi after theta = images, one linear form for each coordinate."""
    values = dict(zip(phi.coords, images, strict=True))
    return sd.Parametrization(phi.coords, [output.xreplace(values) for output in phi.outputs])


@every_model
@pytest.mark.parametrize("seed", range(2))
def test_signed_permutations_of_the_parameters_change_nothing(name, seed):
    phi, draw = MODELS[name], random.Random(seed)
    images = [draw.choice([-1, 1]) * x for x in draw.sample(phi.coords, len(phi.coords))]
    assert bounds(substituted(phi, images)) == original(name)


@every_model
def test_the_order_of_coordinates_and_outputs_changes_nothing(name):
    phi, draw = MODELS[name], random.Random(7)
    coords = draw.sample(phi.coords, len(phi.coords))
    assert bounds(sd.Parametrization(coords, draw.sample(phi.outputs, len(phi.outputs)))) == original(name)


@every_model
@pytest.mark.parametrize("seed", range(2))
def test_rational_rotations_of_a_coordinate_plane_change_nothing(name, seed):
    phi = MODELS[name]
    i, j = random.Random(seed).sample(range(len(phi.coords)), 2)
    images, cos, sin = list(phi.coords), sp.Rational(3, 5), sp.Rational(4, 5)
    images[i], images[j] = cos * images[i] - sin * images[j], sin * images[i] + cos * images[j]
    # laws beyond polynomials are looked for among coordinates, which a rotation mixes: the bounds stay
    assert bounds(substituted(phi, images))[:2] == original(name)[:2]


@every_model
@pytest.mark.parametrize("scale", [sp.Integer(2), sp.Rational(-3, 7)], ids=str)
def test_uniform_scaling_changes_nothing(name, scale):
    phi = MODELS[name]
    assert bounds(substituted(phi, [scale * x for x in phi.coords])) == original(name)


@every_model
def test_scaling_of_outputs_changes_nothing(name):
    phi, draw = MODELS[name], random.Random(3)
    factors = [sp.Rational(draw.choice([-7, -2, 3, 10**9]), draw.choice([1, 4, 11])) for _ in phi.outputs]
    scaled = [factor * output for factor, output in zip(factors, phi.outputs, strict=True)]
    assert bounds(sd.Parametrization(phi.coords, scaled)) == original(name)


@every_model
def test_a_duplicate_output_changes_nothing(name):
    phi = MODELS[name]
    assert bounds(sd.Parametrization(phi.coords, [phi.outputs[-1], *phi.outputs])) == original(name)


@every_model
def test_a_combination_of_outputs_changes_nothing(name):
    phi = MODELS[name]
    combination = sp.Add(*(sp.Rational(k + 2, 3) * output for k, output in enumerate(phi.outputs)))
    assert bounds(sd.Parametrization(phi.coords, [combination, *phi.outputs])) == original(name)


@every_model
def test_an_output_that_is_constant_changes_nothing(name):
    phi = MODELS[name]
    assert bounds(sd.Parametrization(phi.coords, [*phi.outputs, sp.Rational(5, 3)])) == original(name)


@every_model
@pytest.mark.parametrize("seed", [1, 2**40])
def test_another_seed_changes_nothing(name, seed):
    assert bounds(MODELS[name], seed=seed) == original(name)


@every_model
@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize("bits", [23, 31])
def test_another_prime_changes_nothing(name, bits, seed):
    """The engine for polynomial fields, called on the whole model whatever its structure."""
    phi = MODELS[name]
    found = generic_evidence(
        phi.polynomial_fields, polynomial_form(phi.coords), seed=seed, degree=None, budget=Budget(), bits=bits
    )
    assert (found.lower, found.upper, found.exhibited) == original(name)


@every_model
def test_symbols_by_another_name_change_nothing(name):
    phi = MODELS[name]
    renamed = sp.symbols(f"q1:{len(phi.coords) + 1}")
    names = dict(zip(phi.coords, renamed, strict=True))
    assert bounds(sd.Parametrization(renamed, [output.xreplace(names) for output in phi.outputs])) == original(name)


@pytest.mark.parametrize("assumption", ["positive", "real", "nonzero"])
@pytest.mark.parametrize("name", ["sparse 1", "linear 2-2-2"])
def test_assumptions_on_the_symbols_change_nothing(name, assumption):
    phi = MODELS[name]
    assumed = sp.symbols(f"q1:{len(phi.coords) + 1}", **{assumption: True})
    names = dict(zip(phi.coords, assumed, strict=True))
    assert bounds(sd.Parametrization(assumed, [output.xreplace(names) for output in phi.outputs])) == original(name)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("sparse 0", "bilinear 1"),
        ("sparse 3", "monomials 2"),
        ("linear 2-2-2", "sparse 2"),
        ("circular", "tied 2x3"),
        ("composed 1", "composed 2"),
    ],
)
def test_independent_blocks_add_their_counts(first, second):
    one, two = MODELS[first], MODELS[second]
    names = {symbol: sp.Symbol(f"other_{symbol}") for symbol in two.coords}
    outputs = [output.xreplace(names) for output in two.outputs]
    both = sd.Parametrization([*one.coords, *names.values()], [*one.outputs, *outputs])
    assert bounds(both) == tuple(a + b for a, b in zip(original(first), original(second), strict=True))


@every_model
@pytest.mark.parametrize("idle", [1, 3])
def test_a_parameter_that_no_output_uses_adds_one_law(name, idle):
    phi = MODELS[name]
    more = sd.Parametrization([*phi.coords, *sp.symbols(f"idle:{idle}")], phi.outputs)
    assert bounds(more) == tuple(number + idle for number in original(name))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scale", [2, sp.Rational(1, 3)], ids=str)
def test_scaling_one_parameter_keeps_the_count_of_monomials(seed, scale):
    phi = monomials(seed)
    images = [scale * x if k == seed % len(phi.coords) else x for k, x in enumerate(phi.coords)]
    assert bounds(substituted(phi, images)) == bounds(phi)


def test_scaling_one_parameter_of_a_matrix_product_loses_a_law():
    """u_11 -> 2 u_11 is no isometry: two of the three balances of the (2, 2, 2) network survive."""
    phi = MODELS["linear 2-2-2"]
    images = [2 * x if k == 0 else x for k, x in enumerate(phi.coords)]
    assert original("linear 2-2-2") == (3, 3, 3)
    assert bounds(substituted(phi, images)) == (2, 2, 2)


@pytest.mark.parametrize(
    "widths", [(2, 3), (3, 2, 1), (4, 2, 3), (2, 3, 4, 2), (1, 2, 2, 1), (1, 2, 2, 3), (5, 1, 2, 2)]
)
def test_transposing_a_network_changes_nothing(widths):
    """phi^T = W_1^T W_2^T ... is the network with the widths reversed."""
    assert bounds(sd.networks.linear(*widths)) == bounds(sd.networks.linear(*reversed(widths)))
    assert bounds(sd.networks.relu(*widths)) == bounds(sd.networks.relu(*reversed(widths)))


@pytest.mark.parametrize("widths", [(2, 2, 2), (3, 2, 1), (1, 3, 1), (1, 2, 2, 1), (2, 1, 2)])
def test_a_network_typed_as_formulas_has_the_bounds_of_the_program(widths):
    assert bounds(models.linear_formulas(widths)) == bounds(sd.networks.linear(*widths))
    assert bounds(models.relu_monomials(widths, bias=True)) == bounds(sd.networks.relu(*widths, bias=True))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("widths", [(4, 4, 4), (2, 3, 4, 2), (1, 2, 2, 1)])
def test_another_seed_changes_nothing_for_a_program(widths, seed):
    assert bounds(sd.networks.linear(*widths), seed=seed) == bounds(sd.networks.linear(*widths))


@every_model
def test_gradients_as_fields_have_the_laws_of_the_parametrization(name):
    """Two routes to one count: structure and parts, or the fields alone."""
    phi = MODELS[name]
    fields = [sd.VectorField(phi.coords, [sp.diff(output, x) for x in phi.coords]) for output in phi.outputs]
    assert bounds(sd.Distribution(tuple(fields))) == original(name)


@every_model
def test_every_law_in_hand_is_conserved_and_they_are_independent(name):
    """In SymPy: <grad h, grad phi_i> expands to zero, and the gradients have the rank that is claimed."""
    phi, answer = MODELS[name], sd.conservation_laws(MODELS[name])
    laws = [entry for law in answer.laws for entry in law.entries()]
    rates = [
        sp.cancel(sp.Add(*(sp.diff(law, x) * sp.diff(output, x) for x in phi.coords)))
        for law in laws
        for output in phi.outputs
    ]
    assert set(rates) <= {0}
    assert models.rank(models.gradients_at(laws, models.random_point(phi.coords, seed=1))) == answer.exhibited


@every_model
def test_the_certificate_is_re_checked(name):
    certificate = sd.conservation_laws(MODELS[name]).certificate
    assert certificate.verify().verdict is sd.Verdict.PROVED


def test_parts_of_one_shape_are_solved_once_and_keep_their_own_symbols(monkeypatch):
    """Eight copies of a b + c^2: the engine runs once, the laws are those of each copy."""
    from symdyn.laws.sandwich import formulas

    runs = []

    def counted(*arguments, **options):
        runs.append(1)
        return generic(*arguments, **options)

    generic = formulas.generic_evidence
    monkeypatch.setattr(formulas, "generic_evidence", counted)
    copies = [sp.symbols(f"a{k} b{k} c{k}") for k in range(8)]
    model = sd.Parametrization(tuple(s for copy in copies for s in copy), [a * b + c**2 for a, b, c in copies])
    answer = sd.conservation_laws(model)
    assert len(runs) == 1
    assert (answer.count, answer.exhibited) == (16, 16)
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED
    for copy in copies:
        mine = [e for law in answer.laws for e in law.entries() if e.free_symbols <= set(copy)]
        assert len(mine) == 2
        assert all(sd.is_conserved(law, model).verdict is sd.Verdict.PROVED for law in mine)
