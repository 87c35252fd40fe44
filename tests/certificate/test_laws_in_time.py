"""Documents of laws that depend on time: right ones are proved, and what goes with no dynamics is not."""

from __future__ import annotations

import copy
import json

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.canonical import digest
from symdyn.certificate.recheck.documents.trees.derivatives import derivative
from symdyn.certificate.recheck.documents.trees.formulas import read_text
from symdyn.certificate.recheck.documents.trees.vanishing import vanishes
from symdyn.certificate.verify import verify_text

t = sd.time
a, u, v, w = sp.symbols("a u v w")
HALF = sp.Rational(1, 2)
PRODUCT = sd.Parametrization((u, v, w), [u * v])
ROUND = sd.Parametrization((u, v), [u**2 + v**2])
CUBES = sd.Parametrization((u, v, w), [u**3 + v**3 + w**3])
NETWORK = sd.networks.linear(2, 2, 3)
RATES = [
    1, HALF, 3 * HALF, a / 2, 2 * a / 3, 1 / (2 * t), 3 / (4 * t), 3 / t, a / t, a / (2 * t), (2 * a + 1) / t, t,
    t / (t**2 + 1), t**-2, (a + 1) / 3, a + HALF, 1 / (t + 1), 1 / (3 * t + 3), HALF + 1 / t, a + 1 / (2 * t),
]  # fmt: skip
SIGNED = ("schema", "claim", "verdict", "method", "witness", "assumptions")


def document(model, dynamics, rate):
    option = "decay" if dynamics == "weight decay" else "friction"
    return json.loads(sd.conservation_laws(model, dynamics=dynamics, **{option: rate}).json())


def verdicts(data):
    return [found.verdict for _, found in verify_text(json.dumps(data))]


def sealed(data):
    certificate = data["certificate"]
    certificate["sha256"] = digest({name: certificate[name] for name in SIGNED})
    return data


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize(
    ("model", "dynamics"),
    [
        (PRODUCT, "weight decay"),
        (CUBES, "weight decay"),
        (NETWORK, "weight decay"),
        (PRODUCT, "momentum"),
        (ROUND, "momentum"),
        (NETWORK, "momentum"),
    ],
    ids=["product decays", "cubes decay", "network decays", "product moves", "circle moves", "network moves"],
)
def test_a_right_document_is_proved(model, dynamics, rate):
    data = document(model, dynamics, rate)
    assert data["laws"]
    assert verdicts(data) == ["proved"]


@pytest.mark.parametrize(
    "growth", ["exp(3*t)", "exp(-t)", "1", "0", "exp(t) + 1", "t", "u*exp(t)", "exp(t*u)", "g(t)", "("]
)
@pytest.mark.parametrize(
    "law", ["u^2 - v^2", "(u^2 - v^2) exp(2 t)", "(u^2 - v^2) exp(6 t)", "0", "u^2 (u^2 - v^2) exp(2 t)"]
)
def test_a_factor_that_is_not_that_of_the_rate_is_not_proved(growth, law):
    data = document(sd.Parametrization((u, v), [u * v]), "weight decay", 1)
    data["certificate"]["witness"]["setting"]["motion"]["growth"] = growth
    data["laws"][0] |= {"text": law, "latex": law}
    assert verdicts(sealed(data)) != ["proved"]


@pytest.mark.parametrize("position", ["0", "1", "3", "2*t", "2 + u", "2 + exp(t)"])
def test_a_position_that_is_not_that_of_the_rate_is_refuted(position):
    """Under friction 1/2 the constants of f are 2 and multiples of e^(t/2)."""
    data = document(PRODUCT, "momentum", HALF)
    assert data["certificate"]["witness"]["setting"]["motion"]["position"] == "2"
    data["certificate"]["witness"]["setting"]["motion"]["position"] = position
    assert verdicts(sealed(data)) != ["proved"]


def test_another_multiple_of_the_factor_is_as_good_but_the_laws_are_those_that_it_gives():
    data = document(PRODUCT, "weight decay", 1)
    data["certificate"]["witness"]["setting"]["motion"]["growth"] = "2*exp(t)"
    assert verdicts(sealed(data)) == ["refuted"]


@pytest.mark.parametrize(
    ("model", "dynamics", "rate", "text", "latex"),
    [
        (PRODUCT, "weight decay", HALF, "w exp(t)", "w e^{t}"),
        (PRODUCT, "weight decay", HALF, "w", "w"),
        (PRODUCT, "weight decay", HALF, "w exp(t/2)", "w e^{t}"),
        (PRODUCT, "weight decay", HALF, "w exp(t/2)", r"w \operatorname{erf}{\left(t \right)}"),
        (CUBES, "weight decay", 1, "u v/(u - v)", r"\frac{u v}{u - v}"),
        (CUBES, "weight decay", 1, "u v exp(2 t)/(u - v)", r"\frac{u v e^{2 t}}{u - v}"),
        (PRODUCT, "momentum", 1 / (2 * t), "t w_dot", r"t w_{\mathrm{dot}}"),
    ],
)
def test_a_line_with_another_factor_is_refuted(model, dynamics, rate, text, latex):
    data = document(model, dynamics, rate)
    for number in range(len(data["laws"])):
        changed = copy.deepcopy(data)
        changed["laws"][number] |= {"text": text, "latex": latex}
        assert verdicts(changed) == ["refuted"]


def older(data):
    """The document as the first schema had it: no setting beside the fields."""
    certificate = data["certificate"]
    del certificate["witness"]["setting"]
    certificate["schema"] = "symdyn/certificate/1"
    return sealed(data)


@pytest.mark.parametrize("law", ["(u^2 - v^2) exp(2 t)", "(u^2 - v^2) exp(3 t)"])
def test_laws_in_time_of_the_first_schema_are_undecided(law):
    data = document(sd.Parametrization((u, v), [u * v]), "weight decay", 1)
    data["laws"][0]["text"] = law
    assert verdicts(older(data)) == ["undecided"]


def test_a_law_of_the_first_schema_that_is_none_is_refuted():
    data = json.loads(sd.conservation_laws(sd.Parametrization((u, v), [u * v])).json())
    data["laws"][0] |= {"text": "u^2 + v^2", "latex": "u^2 + v^2"}
    assert verdicts(older(data)) == ["refuted"]


X, Y = sp.symbols("t y")
FUNCTIONS = ["exp", "log", "sqrt", "erf", "erfc", "erfi", "atan", "atanh", "acoth", "asin", "acos", "asinh", "acosh",
             "Ei", "Si", "Ci", "li", "sin", "cos", "tan", "sinh", "cosh", "tanh"]  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_are_those_of_the_functions(name):
    """Compared in floats with the derivative that SymPy takes, at a point where the function is real."""
    inner = X**2 / 3 + Y
    by_sympy = sp.diff(getattr(sp, name)(inner), X)
    tree = derivative(read_text(f"{name}(t^2/3 + y)", {"t": "t", "y": "y"}), "t")
    point = {X: sp.Rational(1, 2), Y: sp.Rational(3, 2) if name in ("acosh", "acoth", "li") else sp.Rational(1, 3)}
    assert value_of(tree, point) == pytest.approx(float(by_sympy.subs(point).evalf(30)), rel=1e-12)


def value_of(tree, point):
    kind, *parts = tree
    if kind == "number":
        return float(parts[0])
    if kind == "name":
        return {"t": float(point[X]), "y": float(point[Y]), "pi": float(sp.pi)}[parts[0]]
    values = [value_of(part, point) for part in parts if isinstance(part, tuple)]
    if kind == "call":
        return float(getattr(sp, parts[0])(values[0]).evalf(30))
    return {"minus": lambda x: -x, "sum": lambda *xs: sum(xs), "product": lambda x, y: x * y,
            "quotient": lambda x, y: x / y, "power": lambda x, y: x**y}[kind](*values)  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("exp(t/2)^2 - exp(t)", True),
        ("sqrt(t)^3 - t^(3/2)", True),
        ("(3 t + 3)^(1/3) (t + 1)^(2/3) 9^(1/3) - 3 (t + 1)", True),
        ("exp(a log(t)) - t^a", True),
        ("exp(t/2) - exp(t/3)", False),
        ("t - y", False),
        ("Ei(t) - Ei(2 t)", False),
        ("f(t) - f(y)", None),
    ],
)
def test_a_formula_is_zero_where_rules_show_it_and_not_where_a_value_does(formula, found):
    names = ["t", "a", "y"]
    assert vanishes(read_text(formula, {name: name for name in names}), names) is found
