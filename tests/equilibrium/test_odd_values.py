"""Odd values in every place of equilibria, classify and certify: an answer, or one short sentence of our own."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import SymdynError

x, y = sp.symbols("x y")
FLOW = sd.Flow(sd.VectorField((x, y), [x - x**3, -y]))
MAP = sd.Iteration((x, y), [x / 2, y / 3])
EXCHANGE = sd.Flow(sd.VectorField((x, y), [y - x, x - y]))
LONGEST = 400

VALUES = {
    "decimal": Decimal("1"), "decimal nan": Decimal("nan"), "decimal inf": Decimal("inf"), "text": "1", "bytes": b"1",
    "float32": np.float32(1), "float64": np.float64(1), "int64": np.int64(1), "numpy true": np.bool_(True),
    "true": True, "none": None, "nan": float("nan"), "inf": float("inf"), "complex": 1j, "complex one": 1 + 0j,
    "long": 10**400, "longer": 10**5000, "minus long": -(10**400), "SymPy long": sp.Integer(10) ** 500, "I": sp.I,
    "oo": sp.oo, "SymPy nan": sp.nan, "zoo": sp.zoo, "pi": sp.pi, "symbol": sp.Symbol("q"), "coordinate": x,
    "fraction": Fraction(1, 3), "list": [1], "tuple": (1,), "dict": {}, "set": set(), "object": object(),
    "function": abs, "array": np.array([1.0]), "empty": np.array([]), "tiny": sp.Rational(1, 10**400),
    "large": 1e308, "least": 5e-324, "Float": sp.Float("1e400"), "range": range(3), "SymPy true": sp.true,
    "matrix": sp.Matrix([1]), "interval": sp.Interval(0, 1), "type": int, "log": sp.log(-1), "ellipsis": ...,
    "piecewise": sp.Piecewise((1, x > 0), (2, True)), "complex128": np.complex128(1), "date": np.datetime64("2020"),
    "sum": sp.Sum(x, (x, 1, 2)), "matrix symbol": sp.MatrixSymbol("A", 2, 2), "Euler": sp.EulerGamma,
    "root": sp.CRootOf(x**5 - x - 1, 0),
}  # fmt: skip
OPTIONS = ("starts", "seed", "laws", "certified", "covered", "box", "totals", "through", "time_limit")
PLACES = {
    **{f"{name} of a flow": lambda v, name=name: sd.equilibria(FLOW, **{name: v}) for name in OPTIONS},
    **{f"{name} of a map": lambda v, name=name: sd.equilibria(MAP, **{name: v}) for name in OPTIONS},
    "an end of a box": lambda v: sd.equilibria(FLOW, box={x: (0, v), y: (0, 1)}),
    "both ends": lambda v: sd.equilibria(FLOW, box=(v, 1)),
    "a total": lambda v: sd.equilibria(EXCHANGE, totals={x + y: v}),
    "a law with a total": lambda v: sd.equilibria(EXCHANGE, totals={v: 1} if v.__hash__ else v),
    "a coordinate of a leaf": lambda v: sd.equilibria(EXCHANGE, through={x: v, y: 0}),
    "a coordinate to classify": lambda v: sd.classify(FLOW, {x: v, y: 0}),
    "a coordinate of a map": lambda v: sd.classify(MAP, {x: v, y: 0}),
    "a point to classify": lambda v: sd.classify(FLOW, v),
    "laws to classify by": lambda v: sd.classify(FLOW, {x: 1, y: 0}, laws=v),
    "a law to classify by": lambda v: sd.classify(FLOW, {x: 1, y: 0}, laws=[v]),
    "symmetries": lambda v: sd.classify(FLOW, {x: 1, y: 0}, symmetries=v),
    "a model to classify": lambda v: sd.classify(v, {x: 1, y: 0}),
    "a coordinate to certify": lambda v: sd.certify(FLOW, {x: v, y: 0}),
    "a point to certify": lambda v: sd.certify(FLOW, v),
    "a model to certify": lambda v: sd.certify(v, {x: 1}),
    "a coordinate to verify": lambda v: sd.verify_equilibrium(FLOW, {x: v, y: 0}),
    "a model": sd.equilibria,
    "a field": lambda v: sd.equilibria(sd.Flow(sd.VectorField((x,), [v]))),
    "inequalities": lambda v: sd.Constraint((x, y), (), inequalities=v),
    "an inequality": lambda v: sd.equilibria(
        sd.Flow(FLOW.field, constraint=sd.Constraint((x, y), (), inequalities=[v]))
    ),
    "equations": lambda v: sd.Constraint((x, y), v),
    "angles": lambda v: sd.Flow(sd.VectorField((x, y), [sp.sin(x), -y]), angles=v),
}


def fault(place, name):
    """What is wrong with the answer; empty where it is an answer, or a sentence of moderate length."""
    try:
        PLACES[place](VALUES[name])
    except SymdynError as refusal:
        said = str(refusal)
        return "" if len(said) <= LONGEST and "\n" not in said else f"{name}: says {said[:60]}..."
    except Exception as failure:
        return f"{name}: {type(failure).__name__} {str(failure)[:80]}"
    return ""


@pytest.mark.parametrize("place", PLACES)
def test_an_odd_value_gives_an_answer_or_one_sentence(place):
    assert [found for name in VALUES if (found := fault(place, name))] == []
