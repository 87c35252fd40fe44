"""Functions as variables: values, derivatives and relations, compared with SymPy at points."""

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.lifting.reading import Reading, written_polynomial
from symdyn.algebra.lifting.values import along, values_are_free
from symdyn.errors import ModelError

x, y, u, w, a, b = sp.symbols("x y u w a b", positive=True)
COORDS = (x, y, u, w)
R = sp.Rational
POINT = {x: R(7, 10), y: R(13, 10), u: R(2, 5), w: R(9, 10), a: R(3, 10), b: R(4, 5)}

EXPRESSIONS = [
    [x / (x**2 + y**2) ** R(3, 2)],
    [sp.exp(x - y), sp.exp(y - u), sp.exp(x - u), sp.exp(x / 2 - y / 2)],
    [sp.exp(-x), sp.exp(x), sp.exp(x * y)],
    [sp.sin(x - y) * sp.cos(x), sp.cos(y), sp.tan(2 * x)],
    [sp.sec(x), sp.csc(y), sp.cot(u)],
    [sp.log(x * y) + x * sp.log(2 * u), sp.log(x) ** 2],
    [x**a, x ** (2 * a - 1) + x ** (a / 2) * y**a],
    [(x * y) ** (a + b), (x + 1) ** b],
    [sp.sqrt(1 - x**2) + 1 / (1 - x**2)],
    [sp.sqrt(2 * x) * x, sp.sqrt(8 * x)],
    [sp.tanh(x) + sp.tanh(2 * x), sp.sinh(x), sp.cosh(x) ** 2, sp.coth(y), sp.sech(y)],
    [sp.sqrt(x) + sp.cbrt(x), 1 / (1 + sp.sqrt(x))],
    [sp.exp(sp.sqrt(x)) * sp.exp(-(x**2)) + sp.exp(x**2)],
    [sp.log(1 + sp.exp(x)) / (1 + sp.exp(-x))],
    [x**y, sp.sin(sp.log(x))],
    [sp.tanh(x) + sp.tanh(y) + sp.tanh(u) + sp.tanh(w)],
]


def reading(expressions, constants=(a, b)):
    return Reading(COORDS, constants, expressions, [f"entry {k + 1}" for k in range(len(expressions))])


def is_close(left, right):
    return abs(sp.N((left - right).subs(POINT), 30)) < 1e-20


@pytest.mark.parametrize("expressions", EXPRESSIONS, ids=str)
def test_polynomials_in_the_values_are_the_functions_and_move_as_their_derivatives(expressions):
    found = reading(expressions)
    one = found.tower.context.gens()[0] ** 0
    for polynomial, expression in zip(found.polynomials, expressions, strict=True):
        assert is_close(written_polynomial(polynomial, found.written), expression)
        for number, symbol in enumerate(COORDS):
            speeds = found.tower.lifted([one * int(k == number) for k in range(len(COORDS))])
            slope = written_polynomial(along(polynomial, speeds), found.written)
            assert is_close(slope, sp.diff(expression, symbol))


@pytest.mark.parametrize(
    ("expressions", "combination"),
    [
        ([sp.exp(2 * x), sp.exp(x)], lambda p: p[0] - p[1] ** 2),
        ([sp.sin(x), sp.cos(x)], lambda p: p[0] ** 2 + p[1] ** 2 - 1),
        ([sp.sin(2 * x), sp.sin(x), sp.cos(x)], lambda p: p[0] - 2 * p[1] * p[2]),
        ([sp.cos(x - y), sp.cos(x), sp.cos(y), sp.sin(x), sp.sin(y)], lambda p: p[0] - p[1] * p[2] - p[3] * p[4]),
        ([sp.sqrt(x + y), x, y], lambda p: p[0] ** 2 - p[1] - p[2]),
        ([sp.log(x * y), sp.log(x), sp.log(y)], lambda p: p[0] - p[1] - p[2]),
        ([x ** (2 * a), x**a], lambda p: p[0] - p[1] ** 2),
        ([sp.tanh(x), sp.exp(2 * x)], lambda p: p[0] * (p[1] + 1) - p[1] + 1),
        ([sp.exp(x), sp.exp(-x)], lambda p: p[0] * p[1] - 1),
        ([1 / (x + y), x, y], lambda p: p[0] * (p[1] + p[2]) - 1),
        ([sp.sinh(x), sp.cosh(x)], lambda p: p[1] ** 2 - p[0] ** 2 - 1),
    ],
    ids=lambda value: "holds" if callable(value) else str(value),
)
def test_dependencies_are_recognised(expressions, combination):
    found = reading(expressions)
    assert found.tower.reduced([combination(found.polynomials)]) == [0]
    assert found.tower.reduced([combination(found.polynomials) + found.polynomials[0]]) != [0]


@pytest.mark.parametrize("seed", range(3))
def test_points_keep_the_relations(seed):
    p = 2**31 - 1
    found = reading([sp.sin(x), sp.sqrt(x**2 + y**2), 1 / (x + sp.exp(y)), sp.cbrt(u)])
    point = found.tower.point(p, np.random.default_rng(seed))
    for number, value in enumerate(found.tower.values):
        own = point[len(COORDS) + number]
        if value.function == "sin":
            assert (own**2 + point[len(COORDS) + value.partner] ** 2) % p == 1
        if value.function == "root":
            under = sum(
                int(c.p) * np.prod([pow(z, int(e), p) for z, e in zip(point, powers, strict=True)], dtype=object)
                for powers, c in value.argument.to_dict().items()
            )
            assert pow(own, value.index, p) * under % p == 1
    assert values_are_free(found.tower)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (sp.sqrt(2) * x, r"entry 1: sqrt\(2\) has the number 2 to the power 1/2 in it"),
        (abs(sp.Symbol("x", real=True)) * 0 + sp.Abs(u - w), r"the function Abs in Abs\(u - w\) has no rule"),
        (sp.Function("f")(x), r"the function f in f\(x\) has no rule.*take its value as a coordinate s of its own"),
        (sp.E * x, "E is no rational number, coordinate or constant"),
        (sp.exp(x + 1), r"exp\(x \+ 1\) has a number added in its argument.*`constants`"),
        (sp.log(2) * x, r"the number log\(2\) in it, which is not rational"),
        (sp.sqrt(sp.sqrt(x) + 1), "is a root of sines or of roots"),
        (sp.sqrt(sp.sin(x)), "is a root of sines or of roots"),
        (sp.sin(a) * x, r"sin\(a\) is a number that depends on no coordinate"),
        (sp.exp(x + a) + sp.exp(x), "are not seen to be independent"),
        (sp.sqrt(x - y) + sp.sqrt(y - x), "is a fractional power of a negative number"),
        (x ** R(1, 97), "is a root of index 97"),
    ],
)
def test_what_has_no_rule_is_refused_by_name(expression, message):
    with pytest.raises(ModelError, match=message):
        reading([expression])
