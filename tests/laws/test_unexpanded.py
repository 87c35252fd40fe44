"""Formulas that are never expanded: the same counts as their expansions, in steps that a reader can follow.

The stored steps are read again here by a second route, SymPy's derivatives at the stored point.
"""

import random

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.budgets.deadline import OutOfTimeError, check_time, until
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.algebra.linear.primes import prime
from symdyn.algebra.polynomials.expansion import MAX_CELLS, TooManyTermsError
from symdyn.errors import ModelError
from symdyn.geometry.fields.bracket_span import explore
from symdyn.geometry.fields.formula_fields import formula_fields
from symdyn.geometry.predictor import Predictor
from symdyn.geometry.unexpanded import UnexpandedDistribution, UnexpandedParametrization, expanded_if_small

PROVED = sd.Verdict.PROVED
SPACE = sp.symbols("u v w a b")
u, v, w, a, b = SPACE
POWER = sp.Add(*SPACE) ** 60


def phi(*outputs, coords=SPACE, constants=()):
    return sd.Parametrization(coords, list(outputs), constants)


def small_formula(seed):
    """Nested sums, products and powers of small degree, with rational coefficients."""
    draw = random.Random(seed)

    def made(depth):
        if not depth:
            return draw.choice([*SPACE, sp.Rational(draw.randint(-5, 5), draw.randint(1, 4)), sp.Integer(2)])
        parts = [made(depth - 1) for _ in range(2)]
        return draw.choice([sp.Add(*parts), sp.Mul(*parts), parts[0] ** draw.randint(0, 3)])

    return made(3)


def valued(model):
    """Values of the fields of the stored steps at the stored point, by SymPy's derivatives."""
    data, (part,) = model.certificate.witness["model"], model.certificate.witness["parts"]
    p, symbols = part["prime"], sp.symbols(data["names"])
    exact = []
    for operation, *operands in data["steps"]:
        if operation == "input":
            exact.append(symbols[operands[0]])
        elif operation == "rational":
            exact.append(sp.Rational(*operands))
        elif operation == "power":
            exact.append(exact[operands[0]] ** operands[1])
        else:
            exact.append({"add": sp.Add, "multiply": sp.Mul}[operation](*(exact[k] for k in operands)))
    results = [exact[k] for k in data["results"]]
    at = dict(zip(symbols, part["point"], strict=True))
    coords = symbols[: data["dimension"]]
    rows = [[sp.diff(f, x) for x in coords] for f in results]
    if data["of"] == "fields":
        rows = [results[i : i + len(coords)] for i in range(0, len(results), len(coords))]
    return [[_residue(entry.subs(at), p) for entry in row] for row in rows], part


def _residue(value, p):
    exact = sp.Rational(value)
    return int(exact.p) * pow(int(exact.q), -1, p) % p


@pytest.mark.parametrize("limit", [2, None])
def test_one_output_of_600_000_terms_leaves_all_but_one_dimension(limit):
    answer = sd.conservation_laws(phi(POWER), time_limit=limit)
    assert (answer.lower, answer.upper, answer.exhibited, answer.verdict) == (4, 4, 0, PROVED)
    assert len(answer.certificate.to_json()) < 4000


def test_a_single_field_of_600_000_terms_leaves_all_but_one_dimension():
    answer = sd.conservation_laws(sd.Flow(sd.VectorField(SPACE, [POWER, 1, u, v, w])))
    assert (answer.lower, answer.upper, answer.verdict) == (4, 4, PROVED)


@pytest.mark.parametrize("model", [phi(POWER), phi(POWER / 3 - (u - v) ** 70), phi(prime(31) * POWER)])
def test_the_stored_steps_have_a_gradient_that_is_not_zero_at_the_stored_point(model):
    answer = sd.conservation_laws(model)
    (row,), part = valued(answer)
    assert (answer.count, part["existence"]) == (4, {"by": "single field"})
    assert part["rank"]["words"] == [0]
    assert row[part["rank"]["columns"][0]] == part["rank"]["determinant"] != 0


def test_stored_fields_are_the_fields():
    answer = sd.conservation_laws(sd.Distribution((sd.VectorField(SPACE, [POWER, 1, u, v / 3, w**2]),)))
    (row,), part = valued(answer)
    assert row[part["rank"]["columns"][0]] == part["rank"]["determinant"] != 0


def test_two_outputs_that_see_two_directions_keep_three_functions_at_the_most():
    """Functions of a sum and of a difference: constant fields, three linear laws; none is looked for unexpanded."""
    answer = sd.conservation_laws(phi(POWER, (u - v) ** 60 * (u - v + 1) ** 30))
    assert answer.lower <= 3 == answer.upper


@pytest.mark.parametrize("seed", range(12))
def test_steps_have_the_gradients_of_the_expanded_polynomials(seed):
    """Values and second derivatives, by brackets of two of them, against the sparse arrays."""
    outputs = [small_formula(3 * seed + k) for k in range(3)]
    expanded = phi(*outputs).polynomial_fields
    written = formula_fields(outputs, SPACE, 5, is_gradient=True)
    p, point = prime(31), [3, 5, 7, 11, 13]
    scale = [_scale(output) for output in outputs]
    field = PrimeField(p)
    for coefficients in np.eye(3, dtype=np.int64):
        (one,) = expanded.combine(coefficients[None, :] * 1, (field.array(point),), field)
        other = written.combine(coefficients[None, :] * 1, (field.array(point),), field)[0]
        other = np.zeros((1, 5), dtype=np.int64) if other is None else other
        k = int(np.flatnonzero(coefficients)[0])
        assert ((other * (scale[k] % p) - one) % p == 0).all()
    spans = [explore(fields, p, point=point, max_level=2) for fields in (expanded, written)]
    assert spans[0].levels == spans[1].levels


def _scale(output):
    """The common denominator that the expansion takes out."""
    coefficients = sp.Poly(output, *SPACE).coeffs()
    return int(sp.ilcm(1, *(sp.Rational(c).q for c in coefficients)))


@pytest.mark.parametrize("seed", range(12))
def test_degrees_and_heights_of_steps_bound_those_of_the_expansion(seed):
    output = small_formula(100 + seed)
    written = formula_fields([output], SPACE, 5, is_gradient=False)
    poly = sp.Poly(output, *SPACE)
    assert poly.is_zero or poly.total_degree() <= written.total_degree
    assert sum(abs(c) for c in poly.coeffs()) <= written.height


def test_what_a_prime_divides_below_has_no_rank_there():
    """u / p is no polynomial mod p: the steps give zero, so that no rank is made up."""
    p = prime(31)
    written = formula_fields([u / p], SPACE, 5, is_gradient=True)
    assert explore(written, p, max_level=0).rank == 0
    assert explore(written, prime(31, 1), max_level=0).rank == 1


def test_small_models_are_expanded_and_large_ones_are_not():
    assert type(expanded_if_small(phi(u * v))) is sd.Parametrization
    assert type(expanded_if_small(phi(POWER))) is UnexpandedParametrization
    fields = sd.Distribution((sd.VectorField(SPACE, [POWER, 1, 1, 1, 1]),))
    assert type(expanded_if_small(fields)) is UnexpandedDistribution
    assert expanded_if_small(phi(POWER)).shape == (1,)


def test_a_refusal_says_how_many_terms_there_are():
    with pytest.raises(TooManyTermsError, match=r"output 1 has 635,376 terms when it is expanded"):
        _ = phi(POWER).polynomials
    with pytest.raises(ModelError, match="635,376 terms"):
        sd.is_conserved(u - v, phi(POWER))
    with pytest.raises(ModelError, match="635,376 terms"):
        sd.conservation_laws(phi(POWER), metric="entropic")
    assert MAX_CELLS < 635_376 * 60 * 5


@pytest.mark.parametrize(
    "output", [sp.Add(*SPACE) ** 200, (u + v) ** 300 * (w + a) ** 300, ((1 + u) ** 30 + (1 + v) ** 30 + w) ** 30]
)
def test_terms_are_bounded_before_they_are_made(output):
    with pytest.raises(TooManyTermsError, match="terms when it is expanded"):
        _ = phi(output).polynomials
    x = sp.Symbol("x")
    with pytest.raises(ModelError, match="more than 20,000 terms"):
        _ = Predictor(SPACE, (x,), [output * x]).polynomial_fields


@pytest.mark.parametrize("text", [sp.exp(u), 1 / u, sp.sqrt(2) * u, u**v])
def test_what_is_no_polynomial_is_refused_whatever_its_size(text):
    with pytest.raises(ModelError, match="is not a polynomial in the coordinates"):
        sd.conservation_laws(phi(POWER, text), time_limit=1e-9)


def test_a_deadline_inside_another_is_no_later():
    with until(0.0), until(1e18), pytest.raises(OutOfTimeError):
        check_time()
    check_time(1e9)


def test_bounds_without_any_time_are_true():
    answer = sd.conservation_laws(phi(u * v + w, a * b + u**2), time_limit=1e-12)
    full = sd.conservation_laws(phi(u * v + w, a * b + u**2))
    assert answer.lower <= full.count <= answer.upper


def test_time_that_is_over_decides_nothing():
    model = phi(sp.Add(*SPACE) ** 20)
    found = sd.is_conserved((u - v) ** 20 * (w - a) ** 20, model, time_limit=1e-12)
    assert found.verdict is found.verify().verdict is sd.Verdict.UNDECIDED
    with pytest.raises(ModelError, match="within the time limit: give more time"):
        sd.richness(sd.networks.linear(2, 2, 2), data=[[1, 2]], time_limit=1e-12)


@pytest.mark.parametrize("law", [(u - v) ** 20 * (w - a) ** 20, (u - v) ** 20 * (w - a) ** 20 + u])
def test_laws_of_many_terms_are_decided_by_products_of_polynomials(law):
    model = phi(sp.Add(*SPACE) ** 20)
    assert (sd.is_conserved(law, model).verdict is PROVED) == (law.coeff(u) == 0 and not law.is_Add)
