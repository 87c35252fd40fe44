"""Parametrizations: what is kept, and every refusal."""

import decimal
import fractions
import re

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError, SymdynError

u, v, w, a = sp.symbols("u v w a")


@pytest.mark.parametrize(
    ("outputs", "shape"),
    [
        ([u * v, v * w], (2,)),
        ((u * v, v * w), (2,)),
        ([[u * v], [v * w]], (2, 1)),
        (sp.Matrix([u * v, v * w]), (2, 1)),
        (sp.ImmutableMatrix([[u * v, v * w]]), (1, 2)),
        (sp.Array([u * v, v * w]), (2,)),
        (np.array([u * v, v * w]), (2,)),
    ],
    ids=["list", "tuple", "nested", "matrix", "immutable", "array", "numpy"],
)
def test_outputs_come_in_any_form_and_are_kept_row_by_row(outputs, shape):
    phi = sd.Parametrization((u, v, w), outputs)
    assert (phi.outputs, phi.shape, phi.dimension) == ((u * v, v * w), shape, 3)


def test_a_scalar_is_one_output_and_a_symbol_one_coordinate():
    phi = sd.Parametrization(u, u**2)
    assert (phi.coords, phi.outputs, phi.shape) == ((u,), (u**2,), ())


@pytest.mark.parametrize("half", [sp.Rational(1, 2), fractions.Fraction(1, 2)])
def test_rational_numbers_of_any_kind_are_exact(half):
    assert sd.Parametrization((u,), [half]).outputs == (sp.Rational(1, 2),)
    assert sd.Parametrization((u,), [np.int64(3), 7]).outputs == (3, 7)


@pytest.mark.parametrize("seed", range(3))
def test_fields_are_the_gradients_of_the_outputs(seed):
    """Gradient of each output by SymPy, against the sparse arrays, component by component."""
    scale = seed + 2
    outputs = [u**scale * v - 3 * a * v * w, (u + v) ** 2 * w, a * u]
    fields = sd.Parametrization((u, v, w), outputs, constants=(a,)).polynomial_fields
    wanted = [sp.diff(output, symbol) for output in outputs for symbol in (u, v, w)]
    symbols = (u, v, w, a)
    found = [
        sp.Add(*(c * sp.Mul(*(symbols[k] ** p for k, p in monomial)) for monomial, c in terms.items()))
        for terms in fields.components.to_terms()
    ]
    assert [sp.expand(f - g) for f, g in zip(found, wanted, strict=True)] == [0] * 9
    assert (fields.dimension, fields.variables, fields.number) == (3, 4, 3)


@pytest.mark.parametrize(
    ("coords", "message"),
    [
        ((), "there are no coordinates: give at least one symbol"),
        ([], "there are no coordinates: give at least one symbol"),
        ((u, v, u), "`u` stands twice among the coordinates: name each symbol once"),
        ("u v", "coordinates are 'u v': give a tuple of SymPy symbols"),
        (3, "coordinates are 3: give a tuple of SymPy symbols"),
        (None, "coordinates are None: give a tuple of SymPy symbols"),
        ((u, "v"), "'v' among the coordinates is no SymPy symbol: give symbols"),
        ((u, v**2), r"v\*\*2 among the coordinates is no SymPy symbol"),
        ((u, sp.Function("f")(u)), r"f\(u\) among the coordinates is no SymPy symbol"),
    ],
)
def test_coordinates_that_are_none_are_refused(coords, message):
    with pytest.raises(ModelError, match=message):
        sd.Parametrization(coords, [u])


@pytest.mark.parametrize("outputs", [[], (), [[]], sp.zeros(0, 0), np.zeros((0,))], ids=repr)
def test_no_outputs_are_refused(outputs):
    with pytest.raises(ModelError, match="there are no outputs: give at least one expression"):
        sd.Parametrization((u, v), outputs)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("u*v", r"output 2 is the text 'u\*v': build it from SymPy symbols and numbers, as in u\*v"),
        (sp.nan, "output 2 contains nan: nan and infinity are no values of a model"),
        (sp.oo, "output 2 contains oo"),
        (u * sp.zoo, "output 2 contains zoo"),
        (float("nan"), "output 2 contains nan"),
        (float("-inf"), "output 2 contains -oo"),
        (None, "output 2 is NoneType None: give a SymPy expression or a number"),
        (True, "output 2 is bool True"),
        (1j, "output 2 is complex"),
        ({u: 1}, "output 2 is dict"),
        (sp.true, "output 2 is BooleanTrue"),
        (sp.Eq(u, v), "output 2 is Equality"),
        (decimal.Decimal("0.5"), "output 2 is Decimal"),
        (len, "output 2 is builtin_function_or_method"),
    ],
    ids=repr,
)
def test_an_output_that_is_no_expression_is_named(output, message):
    with pytest.raises(ModelError, match=message):
        sd.Parametrization((u, v), [u, output])


def test_text_instead_of_outputs_is_refused():
    with pytest.raises(ModelError, match=r"output 1 is the text 'u\*v'"):
        sd.Parametrization((u, v), "u*v")


@pytest.mark.parametrize("outputs", [[[u, v], [u]], [u, [v]], [[u], [[v]]]])
def test_ragged_outputs_are_refused(outputs):
    with pytest.raises(ModelError, match=r"the rows have different shapes .*: give a rectangular array"):
        sd.Parametrization((u, v), outputs)


def test_an_unknown_symbol_is_named_with_both_ways_to_mend_it():
    message = (
        "`w` in output 2, v*w, is neither a coordinate nor a constant: add it to the coordinates, or to `constants`"
    )
    with pytest.raises(ModelError, match=re.escape(message)):
        sd.Parametrization((u, v), [u * v, v * w])


def test_a_symbol_with_other_assumptions_is_another_symbol_of_one_name():
    with pytest.raises(ModelError, match="two different symbols are printed `u`, with assumptions none and positive="):
        sd.Parametrization((u, v), [sp.Symbol("u", positive=True) * v])


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ((u,), "`u` is both a coordinate and a constant: choose one"),
        ((a, a), "`a` stands twice among the constants"),
        ("a", "constants are 'a': give a tuple of SymPy symbols"),
        ((1,), "1 among the constants is no SymPy symbol"),
    ],
)
def test_constants_that_are_none_are_refused(constants, message):
    with pytest.raises(ModelError, match=message):
        sd.Parametrization((u, v), [u * v], constants=constants)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (0.1 * u, "0.1.* in output 2 is a floating-point number, and laws are decided exactly: write 1/10"),
        (0.25, "in output 2 is a floating-point number, and laws are decided exactly: write 1/4"),
        (abs(u), r"the function Abs in Abs\(u\) has no rule of derivation here: known are exp, .*its value as a coord"),
        (sp.Function("f")(u), r"the function f in f\(u\) has no rule of derivation here"),
        (sp.sqrt(2) * u, r"sqrt\(2\) in output 2 is not a polynomial .*: a symbol in its place"),
        (u**1001, "the exponent 1001 in output 2 is too large"),
        (sp.exp(u * v + 1), r"exp\(u\*v \+ 1\) has a number added in its argument"),
    ],
)
def test_what_has_no_rule_of_derivation_or_is_no_rational_number_is_refused(output, message):
    phi = sd.Parametrization((u, v), [u * v, output])
    with pytest.raises(ModelError, match=message):
        sd.conservation_laws(phi)


def test_refusals_are_value_errors_of_the_package():
    with pytest.raises(ValueError, match="no coordinates") as caught:
        sd.Parametrization((), [u])
    assert isinstance(caught.value, SymdynError)


def test_a_parametrization_is_frozen_and_equal_to_itself_written_again():
    phi = sd.Parametrization((u, v), [u * v])
    assert phi == sd.Parametrization([u, v], (u * v,))
    with pytest.raises(AttributeError, match="cannot assign to field"):
        phi.coords = (v, u)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((), "there are no fields: give at least one VectorField"),
        ((u,), "u is no VectorField: write"),
        ((sd.VectorField((u, v), [1, w]),), "`w` in component 2 is neither a coordinate nor a constant"),
        ((sd.VectorField((u, v), [1, 0]), sd.VectorField((v, u), [1, 0])), "they must agree, in order"),
    ],
)
def test_distributions_of_no_common_fields_are_refused(fields, message):
    with pytest.raises(ModelError, match=message):
        sd.Distribution(fields)


@pytest.mark.parametrize("model", [3, "u*v", None, [u], u * v], ids=repr)
def test_what_is_no_model_is_refused(model):
    with pytest.raises(ModelError, match="give a Parametrization, a network, a Distribution or a Flow"):
        sd.involutive_closure(model)
    with pytest.raises(ModelError, match="give a Parametrization, a network, a Distribution or a Flow"):
        sd.conservation_laws(model)
