"""Laws that no polynomial search can find: they are counted, though not all are in hand.

Existence is Frobenius' theorem for a single field; what is exhibited is a lower rung. Source:
counts and laws derived from Marcotte, Gribonval and Peyre, arXiv 2307.00144.
"""

from collections.abc import Callable

import pytest
import sympy as sp

import symdyn as sd
from tests.laws import models

a, b, c, u, v, x, y = sp.symbols("a b c u v x y")

ROUND = sd.Parametrization((u, v), [u**2 + v**2])
ELLIPTIC = sd.Parametrization((u, v), [u**2 + 2 * v**2])
GENERIC = sd.Parametrization((x, y), [x**2 / 2 + a * y**2 / 2], constants=(a,))
PARABOLIC = sd.Parametrization((u, v), [u**2 / 2 + v])
SADDLE = sd.Parametrization((a, b, c), [a * b + c**2])
CUBIC = sd.Flow(models.random_fields(5, 1, 3, seed=212).fields[0])
LORENZ = sd.Flow(models.lorenz().fields[0])
CHAIN = sd.networks.linear(1, 2, 2, 1)


def row(case: str, *values: object, label: str = "") -> object:
    """Parameters `case`, which marks the test, and the values."""
    return pytest.param(case, *values, id=f"{case}-{label}".strip("-"))


@pytest.mark.parametrize(
    ("case", "model", "laws"),
    [
        row("LAW-201", ROUND, 1),
        row("LAW-202", ELLIPTIC, 1),
        row("LAW-203", GENERIC, 1),
        row("LAW-204", PARABOLIC, 1),
        row("LAW-207", SADDLE, 2),
        row("LAW-212", CUBIC, 4),
        row("LAW-213", LORENZ, 2),
        row("LAW-214", CHAIN, 7),
    ],
)
def test_single_field_has_all_but_one_dimension_of_laws(
    case: str, model: sd.Parametrization | sd.Flow, laws: int
) -> None:
    answer = sd.conservation_laws(model)
    assert answer.count == answer.lower == answer.upper == laws == answer.dimension - 1
    assert answer.verdict is sd.Verdict.PROVED
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize(
    ("case", "model", "degree", "number"),
    [
        row("LAW-201", ROUND, 6, 0),
        row("LAW-202", ELLIPTIC, 6, 0),
        row("LAW-203", GENERIC, 6, 0),
        row("LAW-204", PARABOLIC, 6, 0),
        row("LAW-207", SADDLE, 2, 1, label="degree-2"),
        row("LAW-207", SADDLE, 3, 2, label="degree-3"),
        row("LAW-212", CUBIC, 4, 0),
        row("LAW-213", LORENZ, 4, 0),
        row("LAW-214", CHAIN, 2, 6, label="degree-2"),
        row("LAW-214", CHAIN, 4, 6, label="degree-4"),
    ],
)
def test_polynomial_search_stops_short_of_the_count(
    case: str, model: sd.Parametrization | sd.Flow, degree: int, number: int
) -> None:
    answer = sd.conservation_laws(model, degree=degree)
    coords = model.field.coords if isinstance(model, sd.Flow) else model.coords
    laws = [entry for law in answer.laws for entry in sp.flatten([law.expression])]
    polynomial = [law for law in laws if law.is_polynomial(*coords) and sp.Poly(law, *coords).total_degree() <= degree]
    point = models.random_point(coords, seed=4)
    assert models.rank(models.gradients_at(polynomial, point)) == number
    assert answer.lower == answer.dimension - 1


@pytest.mark.parametrize(
    ("case", "law", "model"),
    [
        row("LAW-201", v / u, ROUND),
        row("LAW-202", v / u**2, ELLIPTIC),
        row("LAW-204", v - sp.log(u), PARABOLIC),
        row("LAW-207", a**2 - b**2, SADDLE, label="quadratic"),
        row("LAW-207", (a - b) ** 2 * c, SADDLE, label="cubic"),
    ],
)
def test_law_of_the_source_is_conserved(case: str, law: sp.Expr, model: sd.Parametrization) -> None:
    assert sd.is_conserved(law, model).verdict is sd.Verdict.PROVED


@pytest.mark.parametrize(
    ("case", "law", "model"),
    [
        row("LAW-201", v / u**2, ROUND),
        row("LAW-202", v / u, ELLIPTIC),
        row("LAW-204", v + sp.log(u), PARABOLIC),
        row("LAW-207", (a + b) ** 2 * c, SADDLE),
    ],
)
def test_law_of_another_model_is_refuted(case: str, law: sp.Expr, model: sd.Parametrization) -> None:
    assert sd.is_conserved(law, model).verdict is sd.Verdict.REFUTED


@pytest.mark.parametrize(
    ("case", "build"),
    [
        row("LAW-216", lambda: models.random_fields(5, 2, 2, seed=216), label="quadratic"),
        row("LAW-216", lambda: models.random_fields(4, 2, 1, seed=217), label="affine"),
        row("LAW-216", models.heisenberg, label="heisenberg"),
    ],
)
def test_bracket_generating_fields_have_no_law(case: str, build: Callable[[], sd.Distribution]) -> None:
    answer = sd.conservation_laws(build())
    assert (answer.lower, answer.upper, answer.exhibited, answer.laws) == (0, 0, 0, ())
    assert answer.verdict is sd.Verdict.PROVED
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.case("LAW-216")
def test_bracket_of_the_heisenberg_fields_is_vertical() -> None:
    assert list(sd.lie_bracket(*models.heisenberg().fields).components) == [0, 0, 1]
