"""The search for polynomial laws, against linear algebra in SymPy; and the verification that guards it."""

import itertools
import math
import random
import time

import pytest
import sympy as sp
from sympy.polys.matrices import DomainMatrix

import symdyn as sd
from symdyn.algebra.linear.primes import prime
from symdyn.algebra.polynomials.sparse import polynomials_from_expressions, to_expression
from symdyn.errors import ModelError
from symdyn.laws.search.annihilation import conserved_mask
from symdyn.laws.search.polynomial import is_affordable, number_of_unknowns, polynomial_laws
from tests.geometry.random_fields import random_field, random_polynomial
from tests.laws import models

x, y, z, u, v, a = sp.symbols("x y z u v a")
SPACE = (x, y, z)
PROVED, REFUTED, UNDECIDED = sd.Verdict.PROVED, sd.Verdict.REFUTED, sd.Verdict.UNDECIDED


def level_sets(*functions):
    """The rotations of the gradient of each function: every field that is tangent to its level sets."""
    fields = []
    for h in functions:
        slope = [sp.diff(h, s) for s in SPACE]
        fields += [
            sd.VectorField(SPACE, [slope[j] if k == i else -slope[i] if k == j else 0 for k in range(3)])
            for i, j in itertools.combinations(range(3), 2)
        ]
    return sd.Distribution(tuple(fields))


def gradients(coords, outputs, constants=()):
    return sd.Distribution(
        tuple(sd.VectorField(coords, [sp.diff(output, s) for s in coords]) for output in outputs), constants=constants
    )


def quadric(seed):
    """A random quadratic form in three variables, with all squares in it."""
    return random_polynomial(SPACE, 2, 3, random.Random(seed)) + 7 * x**2 + 5 * y**2 - 3 * z**2


MODELS = {
    "product": gradients((u, v), [u * v]),
    "u^2 v": gradients((u, v), [u**2 * v]),
    "circle": gradients((u, v), [u**2 + v**2]),
    "two products": gradients(SPACE, [x * y, y * z]),
    "shifted": gradients((u, v), [u * v + u + 2 * v]),
    "bilinear": gradients((u, v, x, y), [u * x + v * y, u * y]),
    "linear 2-1-2": gradients(*[(u, v, x, y), [u * x, u * y, v * x, v * y]]),
    "rotation": sd.Distribution((sd.VectorField((u, v), [-v, u]),)),
    "translation": sd.Distribution((sd.VectorField(SPACE, [1, 2, 0]),)),
    "euler top": models.euler_top(),
    "heisenberg": models.heisenberg(),
    "lorenz": models.lorenz(),
    "no field that moves": sd.Distribution((sd.VectorField((u, v), [0, 0]),)),
    **{f"quadric {seed}": level_sets(quadric(seed)) for seed in range(3)},
    "cubic": level_sets(x**3 - x * y * z + 2 * y**2),
    **{f"random {seed}": sd.Distribution((random_field(SPACE, seed),)) for seed in range(3)},
    "constant": sd.Distribution((sd.VectorField((u, v), [-a * v, u]),), constants=(a,)),
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def unknowns(model, lowest, highest):
    """Monomials of these degrees in the coordinates, times 1 or one constant."""
    powers = itertools.product(range(highest + 1), repeat=len(model.coords))
    monomials = [sp.Mul(*(s**p for s, p in zip(model.coords, power, strict=True))) for power in powers]
    chosen = [m for m in monomials if lowest <= sp.Poly(m, *model.coords).total_degree() <= highest]
    return [m * c for m in chosen for c in (1, *model.constants)]


def coefficient_rows(expressions, symbols):
    """One row of coefficients for each expression, over the monomials that occur."""
    terms = [sp.Poly(expression, *symbols).as_dict() for expression in expressions]
    columns = sorted({monomial for term in terms for monomial in term})
    return sp.Matrix(len(terms), len(columns), lambda i, j: terms[i].get(columns[j], 0))


def rank(matrix):
    return DomainMatrix.from_Matrix(matrix).to_field().rank() if matrix.rows and matrix.cols else 0


def brute_force(model, lowest, highest):
    """Dimension of the space of polynomial laws: unknowns less the rank of all coefficients of v_i(h) = 0."""
    symbols = (*model.coords, *model.constants)
    monomials = unknowns(model, lowest, highest)
    tags = sp.symbols(f"tag:{len(model.fields)}")
    rates = [sp.expand(sp.Add(*(t * f(m) for t, f in zip(tags, model.fields, strict=True)))) for m in monomials]
    return len(monomials) - rank(coefficient_rows(rates, (*symbols, *tags)))


def found_laws(model, lowest, highest, **options):
    result = polynomial_laws(model.polynomial_fields, lowest, highest, **options)
    symbols = (*model.coords, *model.constants)
    return [to_expression(terms, symbols) for terms in result.laws.to_terms()], result.complete


@every_model
@pytest.mark.parametrize(("lowest", "highest"), [(1, 1), (1, 2), (2, 2), (1, 3), (3, 3)])
def test_search_finds_all_laws_that_linear_algebra_finds(model, lowest, highest):
    laws, complete = found_laws(model, lowest, highest)
    symbols = (*model.coords, *model.constants)
    assert complete
    assert {sp.expand(field(law)) for law in laws for field in model.fields} <= {0}
    assert rank(coefficient_rows(laws, symbols)) == len(laws) == brute_force(model, lowest, highest)


@every_model
def test_laws_have_the_degrees_asked_for_and_primitive_coefficients(model):
    laws, _ = found_laws(model, 2, 3)
    monomials = set(unknowns(model, 2, 3))
    for law in laws:
        parts = [term.as_coeff_Mul() for term in sp.Add.make_args(law)]
        assert {monomial for _, monomial in parts} <= monomials
        assert math.gcd(*(int(c) for c, _ in parts)) == 1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("degree", "number"), [(1, 0), (2, 1), (3, 1), (4, 2)])
def test_laws_of_the_level_sets_of_a_quadric_are_its_powers(seed, degree, number):
    h = quadric(seed)
    laws, _ = found_laws(level_sets(h), 1, degree)
    powers = [h, h**2][:number]
    assert len(laws) == number
    assert rank(coefficient_rows([sp.expand(p) for p in [*laws, *powers]], SPACE)) == number


@every_model
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_number_of_unknowns_is_that_of_the_monomials(model, degree):
    assert number_of_unknowns(model.polynomial_fields, degree) == len(unknowns(model, 1, degree))


def test_searches_beyond_the_budget_are_declined():
    fields = MODELS["euler top"].polynomial_fields
    assert is_affordable(fields, 4)
    assert not is_affordable(fields, 4, unknowns=10)
    assert not is_affordable(fields, 300)


@every_model
def test_a_spent_budget_leaves_only_laws_that_hold(model):
    laws, _ = found_laws(model, 1, 3, deadline=time.monotonic() - 1)
    assert {sp.expand(field(law)) for law in laws for field in model.fields} <= {0}


@pytest.mark.parametrize("name", ["quadric 0", "bilinear"])
def test_a_spent_budget_is_not_called_complete(name):
    laws, complete = found_laws(MODELS[name], 1, 3, deadline=time.monotonic() - 1)
    assert (laws, complete) == ([], False)


def test_the_largest_degree_searched_is_told():
    answer = sd.conservation_laws(sd.Parametrization((u, v), [u**2 + 2 * v**2]), degree=5)
    assert (answer.degree, answer.ladder[-1].lower, answer.count) == (5, 0, 1)


@pytest.mark.parametrize("degree", [0, -1, 41, 2.0, True, "2"])
def test_degrees_out_of_range_are_refused(degree):
    with pytest.raises(ModelError, match="give a whole number from 1 to 40"):
        sd.conservation_laws(sd.Parametrization((u, v), [u * v]), degree=degree)


# Verification: a candidate is a law if every rate vanishes over the integers, and for no weaker reason.


def mask(candidates, model):
    symbols = (*model.coords, *model.constants)
    functions = polynomials_from_expressions(candidates, symbols)
    return conserved_mask(model.polynomial_fields, functions).tolist()


def true_rates_vanish(candidates, model):
    """The same decision in SymPy."""
    return [all(sp.expand(field(h)) == 0 for field in model.fields) for h in candidates]


@every_model
@pytest.mark.parametrize("seed", range(2))
def test_wrong_candidates_are_told_from_laws(model, seed):
    """Laws, sums of laws, and laws with one monomial too many, in one batch."""
    draw = random.Random(seed)
    laws, _ = found_laws(model, 1, 2)
    spoiled = [law + draw.choice([-2, 1, 3]) * draw.choice(unknowns(model, 1, 3)) for law in laws]
    candidates = [*laws, sp.Add(*laws) + 0, *spoiled, *unknowns(model, 1, 2)]
    assert mask(candidates, model) == true_rates_vanish(candidates, model)


def test_candidates_that_vanish_at_sampled_points_only_are_rejected():
    """Rates with zeros at every point of a grid: what an interpolation with too few points would accept."""
    grid = sp.Mul(*((u - k) * (v - k) for k in range(-2, 3)))
    law = u**2 - v**2
    assert mask([law, law + grid, law * law, grid], MODELS["product"]) == [True, False, True, False]


@pytest.mark.parametrize("modulus", [prime(23), prime(31), prime(61), 2**32, 2**62, 2**63, 2**64, 2**65, 10**30])
def test_candidates_that_are_laws_modulo_a_number_are_rejected(modulus):
    """A coefficient that a prime, or the word of the machine, takes for zero."""
    law, wrong = u**2 - v**2, u**2 - v**2 + modulus * u
    assert mask([law, wrong, modulus * law, modulus * u], MODELS["product"]) == [True, False, True, False]
    assert sd.is_conserved(wrong, sd.Parametrization((u, v), [u * v])).verdict is REFUTED


@pytest.mark.parametrize(
    ("first", "second"), [(2**32, 2**32), (2**31, 2**33), (2**49, 2**15), (2**40, 2**40), (2**49, 2**49)]
)
def test_products_of_large_coefficients_do_not_wrap_around(first, second):
    """v(h) = 2^64 v for h = 2^32 u and the gradient of 2^32 u v: zero in 64 bits, not over the integers."""
    model = sd.Parametrization((u, v), [first * u * v])
    assert mask([second * u, second * (u**2 - v**2)], MODELS["product"]) == [False, True]
    assert mask([second * u], gradients((u, v), [first * u * v])) == [False]
    refuted, proved = sd.is_conserved(second * u, model), sd.is_conserved(second * (u**2 - v**2), model)
    assert (refuted.verdict, proved.verdict) == (REFUTED, PROVED)
    assert refuted.verify().verdict is proved.verify().verdict is PROVED


@pytest.mark.parametrize("size", [2**31, 2**40, 2**49, 2**52, 2**80])
def test_models_with_large_coefficients_have_the_laws_of_their_multiples(size):
    """u v, and x (y + c) with c = size / (size + 1): one law each, u^2 - v^2 and x^2 - (y + c)^2."""
    model = sd.Parametrization((u, v, x, y), [size * u * v, (size + 1) * x * y + size * x])
    answer = sd.conservation_laws(model)
    laws = [entry for law in answer.laws for entry in law.entries()]
    rates = [
        sp.expand(sp.Add(*(sp.diff(h, s) * sp.diff(o, s) for s in model.coords))) for h in laws for o in model.outputs
    ]
    assert set(rates) <= {0}
    assert (answer.count, answer.exhibited) == (2, 2)
    assert answer.certificate.verify().verdict is PROVED


@pytest.mark.parametrize("power", [1, 2, 3])
def test_a_refutation_does_not_depend_on_the_prime_at_hand(power):
    """A rate that several primes divide still moves at the point that is shown."""
    factor = math.prod(prime(31, index) for index in range(4**power))
    model = sd.Parametrization((u, v), [u * v])
    answer = sd.is_conserved(factor * u, model)
    assert answer.verdict is REFUTED
    assert answer.verify().verdict is PROVED


@pytest.mark.parametrize("seed", range(6))
def test_refutations_name_a_point_and_a_generator_that_moves(seed):
    draw = random.Random(seed)
    h = random_polynomial(SPACE, 3, 3, draw)
    outputs = [random_polynomial(SPACE, 3, 3, draw) for _ in range(2)]
    model = sd.Parametrization(SPACE, outputs)
    rates = [sp.expand(sp.Add(*(sp.diff(h, s) * sp.diff(o, s) for s in SPACE))) for o in outputs]
    answer = sd.is_conserved(h, model)
    assert (answer.verdict is PROVED) == (rates == [0, 0])
    if answer.verdict is REFUTED:
        witness = answer.witness
        rate = rates[witness["generator"]].subs(dict(zip(SPACE, witness["point"], strict=True)))
        assert rate != 0
        assert int(rate) % witness["prime"] == witness["rate"]


def test_exponents_near_the_prime_are_no_trouble():
    """u^1000 - v^1000 under u' = v^999, v' = u^999: conserved over the integers."""
    model = sd.Distribution((sd.VectorField((u, v), [v**999, u**999]),))
    assert mask([u**1000 - v**1000, u**1000 + v**1000], model) == [True, False]


# Laws that are no polynomials.

RATIONAL = {
    "log": (sp.log(x) - sp.log(y), [x, y, z], True),
    "ratio": (x / y, [x, y, z], True),
    "ratio of powers": (x**2 / (y * z), [x, y, z], True),
    "not homogeneous": (x / (y * z), [x, y, z], False),
    "square root": (sp.sqrt(x * y) / z, [x, y, z], True),
    "symbolic power": (x**a / y, [x, a * y, z], True),
    "wrong power": (x**a / y, [x, 2 * a * y, z], False),
    "exponential": (x * sp.exp(-y), [x, 1, 0], True),
    "product of powers": (sp.exp(z) * x**2 / y**3, [3 * x, 2 * y, 0], True),
    "arc tangent": (sp.atan(y / x), [x, y, 0], True),
    "arc tangent of a rotation": (sp.atan(y / x), [-y, x, 0], False),
}


@pytest.mark.parametrize("assumption", [{}, {"positive": True}], ids=["plain", "positive"])
@pytest.mark.parametrize(("law", "components", "conserved"), RATIONAL.values(), ids=RATIONAL)
def test_laws_with_a_rational_differential_are_decided(law, components, conserved, assumption):
    names = {s: sp.Symbol(s.name, **assumption) for s in (*SPACE, a)}
    fields = sd.VectorField(tuple(names[s] for s in SPACE), [sp.sympify(c).xreplace(names) for c in components])
    answer = sd.is_conserved(law.xreplace(names), sd.Distribution((fields,), constants=(names[a],)))
    assert answer.verdict is (PROVED if conserved else REFUTED)
    assert answer.verify().verdict is PROVED


def test_functions_without_a_rule_of_derivation_are_left_open():
    answer = sd.is_conserved(sp.gamma(x) + sp.sin(y), sd.Distribution((sd.VectorField(SPACE, [0, 0, 1]),)))
    assert answer.verdict is UNDECIDED
    assert answer.verify().verdict is UNDECIDED


@pytest.mark.parametrize(
    ("law", "message"),
    [
        (u * sp.Symbol("q"), "`q` in the law is neither a coordinate nor a constant of the model"),
        ("u**2", r"a law is the text 'u\*\*2'"),
        (sp.nan, "a law contains nan"),
        (sp.Integer(0), "the law is zero or a constant number"),
        (0.5 * u, "entry 1 of the law is a floating-point number.*write 1/2"),
    ],
)
def test_what_is_no_law_is_refused(law, message):
    with pytest.raises(ModelError, match=message):
        sd.is_conserved(law, sd.Parametrization((u, v), [u * v]))


def test_every_entry_of_a_matrix_is_decided():
    model = models.linear_formulas((2, 2, 2))
    left, right = models.layers((2, 2, 2))
    balance = left.T * left - right * right.T
    assert sd.is_conserved(balance, model).verdict is PROVED
    assert sd.is_conserved(balance + sp.Matrix([[0, 0], [0, left[0, 0]]]), model).verdict is REFUTED
