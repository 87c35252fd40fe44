"""A rank modulo a prime is no generic rank: inputs made of primes, and of the zeros of points, have their true counts.

The counts are known by hand: a field is what it is over the rationals, whatever divides it.
"""

import math
import random

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.algebra.linear.primes import prime
from symdyn.geometry.fields.bracket_span import explore
from symdyn.geometry.fields.draws import chance_of_loss, drawn_point, fitting_primes
from symdyn.geometry.fields.frobenius import involutive_argument
from symdyn.geometry.predictor import Predictor
from symdyn.laws.sandwich.monomial import exponent_kernel
from symdyn.networks.programs.program import Block, Factor, MatrixProgram, Term

PROVED, PROBABLE = sd.Verdict.PROVED, sd.Verdict.PROBABLE
a, b, u, v, w, x = sp.symbols("a b u v w x")
PRIMES = {
    "largest of 31 bits": prime(31),
    "second of 31 bits": prime(31, 1),
    "largest of 23 bits": prime(23),
    "largest of 61 bits": prime(61),
    "product of five": prime(31) * prime(31, 1) * prime(23) * prime(23, 1) * prime(61),
    "first forty": math.prod(prime(31, index) for index in range(40)),
}
each_prime = pytest.mark.parametrize("q", PRIMES.values(), ids=PRIMES)


def field(*components, coords=(u, v)):
    return sd.VectorField(coords, list(components))


def phi(*outputs, coords):
    return sd.Parametrization(coords, list(outputs))


def counts(answer):
    """Lower bound, upper bound, verdict, verdict of the re-check."""
    return answer.lower, answer.upper, answer.verdict, answer.certificate.verify().verdict


def exactly(number):
    return number, number, PROVED, PROVED


#: Model of a prime, and its number of laws over the rationals.
MODELS = {
    "one output of one parameter": (lambda q: phi(q * (a + a**2), coords=(a,)), 0),
    "one output of two": (lambda q: phi(q * (a + b**2), coords=(a, b)), 1),
    "a coefficient of one output": (lambda q: phi(a * b + q * b**3, coords=(a, b)), 1),
    "a rotation": (lambda q: sd.Flow(field(q * v, -q * u)), 1),
    "two outputs": (lambda q: phi(q * (a + b**2), q * (a - b**2), coords=(a, b)), 0),
    "one output twice": (lambda q: phi(q * (a + b**2), q * (a + b**2), coords=(a, b)), 1),
    "one of two outputs": (lambda q: phi(a * b + b, q * (a + b**3), coords=(a, b)), 0),
    "fields that agree modulo it": (lambda q: sd.Distribution((field(1, 1), field(1, q + 1))), 0),
    "fields that agree modulo it up to functions": (
        lambda q: sd.Distribution((field(u, v), field(u**2 + q * v, u * v))),
        0,
    ),
    "a bracket that it divides": (lambda q: sd.Distribution((field(1, 0), field(0, 1 + q * u))), 0),
    "a bracket in space that it divides": (
        lambda q: sd.Distribution((field(1, 0, -q * v, coords=(u, v, w)), field(0, 1, q * u, coords=(u, v, w)))),
        0,
    ),
    "a predictor": (lambda q: Predictor((u,), (x,), [q * (u + u**2) * x]), 0),
    "a predictor of values": (lambda q: Predictor((u, v), (x,), [q * u * sp.tanh(v * x)]), 0),
    "a constant": (lambda q: sd.Parametrization((a, b), [q * w * a * b], constants=(w,)), 1),
    "monomials": (lambda q: phi(q * a * b, coords=(a, b)), 1),
    "parts": (lambda q: phi(q * (a + b**2), q * (u + v**2), coords=(a, b, u, v)), 2),
}


@each_prime
@pytest.mark.parametrize("name", MODELS)
def test_multiples_of_a_prime_have_the_count_over_the_rationals(name, q):
    model, number = MODELS[name]
    assert counts(sd.conservation_laws(model(q))) == exactly(number)


@each_prime
@pytest.mark.parametrize("seed", [1, 7])
def test_another_seed_gives_the_same_count(q, seed):
    assert counts(sd.conservation_laws(phi(q * (a + b**2), q * (a - b**2), coords=(a, b)), seed=seed)) == exactly(0)


@each_prime
@pytest.mark.parametrize(
    ("options", "number"),
    [
        ({"metric": "times"}, 1),
        ({"dynamics": "momentum", "friction": 0}, 0),
        ({"dynamics": "weight decay", "decay": 1}, 0),
    ],
    ids=["metric", "momentum", "decay"],
)
def test_dynamics_of_multiples_of_a_prime_are_those_without_it(q, options, number):
    """(u + 1) v: one law u^2 + 2 u - v^2, none that time, decay or momentum leave."""
    chosen = {"metric": [q, q]} if options == {"metric": "times"} else options
    assert counts(sd.conservation_laws(phi(q * (u * v + v), coords=(u, v)), **chosen)) == exactly(number)


@each_prime
@pytest.mark.parametrize("same", [True, False])
def test_programs_of_large_coefficients_have_the_count_of_small_ones(q, same):
    """q (A A + B B) is one output of two parameters; q A and B see both."""
    blocks = (Block("A", 1, 1), Block("B", 1, 1))
    A, B = Factor(0), Factor(1)
    sums = ((Term(q, (A, A)), Term(q, (B, B))),) if same else ((Term(q, (A,)),), (Term(1, (B,)),))
    answer = sd.conservation_laws(MatrixProgram("squares", blocks, sums))
    assert (answer.lower, answer.upper, answer.verdict) == exactly(int(same))[:3]


@pytest.mark.parametrize("coefficient", [2**53 + 1, 2**62 + 1, 2**63, 2**64 + 1, -(2**63) - 1, 10**30])
def test_residues_of_a_program_are_those_of_its_coefficients(coefficient):
    """A product with a coefficient that no float holds, against integers."""
    program = MatrixProgram("scaled", (Block("A", 1, 1),), ((Term(coefficient, (Factor(0), Factor(0))),),))
    for p in (prime(23), prime(31)):
        span = explore(program, p, point=[5], max_level=0)
        assert span.determinant == 2 * 5 * coefficient % p


@each_prime
@pytest.mark.parametrize(
    ("fields", "rank"),
    [
        (lambda q: (field(q, q * u),), 1),
        (lambda q: (field(q, q * u), field(q, q * u)), 1),
        (lambda q: (field(q, q * u), field(q, q * u**2)), 2),
        (lambda q: (field(0, 0), field(0, 0)), 0),
        (lambda q: (field(0, 0),), 0),
    ],
    ids=["one field", "one field twice", "two fields", "no field twice", "no field"],
)
def test_closures_of_multiples_of_a_prime(q, fields, rank):
    closure = sd.involutive_closure(sd.Distribution(fields(q)))
    assert closure.rank == rank
    assert closure.certificate.verdict is closure.certificate.verify().verdict is PROVED


@pytest.mark.parametrize("p", [prime(31), prime(31, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_the_zero_of_a_point_that_numpy_draws_is_no_law(p, seed):
    """The only field vanishes at the first number of the generator of the seed and the prime."""
    zero = int(np.random.default_rng([seed, p]).integers(1, p))
    assert counts(sd.conservation_laws(phi(u**2 - 2 * zero * u, coords=(u,)), seed=seed)) == exactly(0)


@pytest.mark.parametrize("seed", range(3))
def test_a_field_made_to_vanish_at_the_point_of_another_is_seen_at_its_own(seed):
    """Whoever puts the zero where the point was has other fields, and so another point."""
    zero = 1
    for _ in range(3):
        fields = phi(u**2 - 2 * zero * u, coords=(u,)).polynomial_fields
        zero = drawn_point(fields, next(fitting_primes(fields, 31, seed)), seed)[0]
        assert counts(sd.conservation_laws(phi(u**2 - 2 * zero * u, coords=(u,)), seed=seed)) == exactly(0)


@pytest.mark.parametrize("p", [prime(31), prime(23)])
def test_a_span_that_lost_rank_is_closed_by_no_argument(p):
    """Each argument is an identity that a span without rank fails; the span is made to lose its rank here."""
    one = sd.Distribution((field(p * v, -p * u),)).polynomial_fields
    two = sd.Distribution((field(p, p * u), field(p, p * u**2))).polynomial_fields
    mixed = sd.Distribution((field(1, 1), field(1, p + 1))).polynomial_fields
    for fields in (one, two, mixed):
        span = explore(fields, p)
        assert span.rank < explore(fields, prime(31, 5)).rank
        assert involutive_argument(fields, span) is None
    nothing = sd.Distribution((field(0, 0),)).polynomial_fields
    assert involutive_argument(nothing, explore(nothing, p)) == {"by": "single field"}


def exponents_of_determinant(determinant, draw):
    """A 3 x 3 matrix [[a, b, 0], [0, c, d], [e, 0, f]] of moderate entries with a c f + b d e = determinant."""
    while True:
        p, q, r, s = (draw.randint(1, 400) for _ in range(4))
        for e in range(1, 400):
            rest = determinant - q * s * e
            if rest > 0 and rest % (p * r) == 0 and rest // (p * r) < 400:
                return (p, q, 0), (0, r, s), (e, 0, rest // (p * r))


@pytest.mark.parametrize("index", range(3))
def test_exponents_whose_determinant_is_a_prime_have_full_rank(index):
    """No law: the exponents are independent over the rationals, and dependent modulo the prime at hand."""
    rows = exponents_of_determinant(prime(23, index), random.Random(index))
    assert sp.Matrix(rows).det() == prime(23, index)
    outputs = [sp.Mul(*(s**e for s, e in zip((u, v, w), row, strict=True))) for row in rows]
    assert counts(sd.conservation_laws(phi(*outputs, coords=(u, v, w)))) == exactly(0)


def test_a_kernel_of_exponents_is_not_taken_where_the_prime_takes_rank():
    factors = phi(u**2 * v, u * v**2, coords=(u, v)).polynomials.factors
    assert exponent_kernel(factors, 2, PrimeField(3), 0) is None
    kernel, echelon = exponent_kernel(factors, 2, PrimeField(5), 0)
    assert (kernel, echelon.rank) == ([], 2)


@each_prime
@pytest.mark.parametrize("at", [lambda q: (q, q), lambda q: (sp.Rational(1, q), q), lambda q: (0, 3 * q)])
def test_rank_at_a_point_of_multiples_of_a_prime(q, at):
    """The gradient (2 u + v^3, 3 u v^2) of u^2 + u v^3 vanishes at the origin alone."""
    answer = sd.conservation_laws(phi(u**2 + v**3 * u, coords=(u, v)), at=dict(zip((u, v), at(q), strict=True)))
    assert answer.at == {"rank": 1, "laws at most": 1}
    assert answer.certificate.verify().verdict is PROVED


@each_prime
@pytest.mark.parametrize("entries", [lambda q: (1, q), lambda q: (q, 1), lambda q: (1, -q), lambda q: (q + 1, 1)])
def test_data_of_multiples_of_a_prime_are_as_rich_as_their_rank_over_the_rationals(q, entries):
    other = entries(q)
    found = sd.richness(sd.networks.linear(2, 2, 2), data=[[1, 0], list(other)])
    assert (found.rank, found.is_rich) == (2 * sp.Matrix([[1, 0], other]).rank(), other[1] != 0)
    assert found.verdict is found.certificate.verify().verdict is PROVED


@pytest.mark.parametrize("q", [prime(31), prime(61)])
def test_few_data_are_proved_not_rich_whatever_divides_them(q):
    found = sd.richness(sd.networks.linear(2, 2, 2), data=[[q, 2 * q], [3, 6]])
    assert (found.is_rich, found.rank, found.needed, found.verdict) == (False, 2, 4, PROVED)


def test_what_is_only_not_seen_is_neither_true_nor_false():
    network = sd.networks.relu(2, 3, 2)
    found = sd.richness(network, data=[[1, 2], [2, 1]])
    assert (found.is_rich, found.verdict) == (None, sd.Verdict.OBSERVED)
    assert "not known" in found.statement


@pytest.mark.parametrize("seed", range(3))
def test_the_chance_of_a_loss_is_that_which_random_primes_have(seed):
    """For one field of degree one mod a small prime the chance of a zero is 1 / p; the bound holds it."""
    fields = sd.Distribution((field(u, 0), field(0, v))).polynomial_fields
    bound = chance_of_loss(fields, prime(31, seed), 1)
    assert 2 / prime(31, seed) <= bound < 1e-6
    assert chance_of_loss(sd.Distribution((field(u, 0), field(0, v**9))).polynomial_fields, prime(31, seed), 1) > bound


def test_primes_divide_no_coefficient():
    q = prime(31) * prime(31, 1)
    fields = sd.Distribution((field(q * u, v), field(1, q * v))).polynomial_fields
    draws = fitting_primes(fields, 31, 0)
    found = [next(draws) for _ in range(4)]
    assert found[0] == prime(31, 2)
    assert len(set(found)) == 4
    assert all(q % p and 2**30 < p < 2**31 for p in found)


def test_a_probable_count_has_a_bound_of_random_primes():
    """Relations of more than six fields are not tried: what is left is two draws that agree."""
    y = sp.symbols("y:8")
    fields = [sd.VectorField(y, [(1 + y[7]) * y[k] if k == i else 0 for k in range(8)]) for i in range(7)]
    closure = sd.involutive_closure(sd.Distribution((*fields, sd.VectorField(y, [y[0] ** 2] + [0] * 7))))
    assert (closure.rank, closure.certificate.verdict) == (7, PROBABLE)
    assert 0 < closure.certificate.witness["error bound"] < 1e-9
