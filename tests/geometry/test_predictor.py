"""Models of parameters and inputs with transcendental functions: their fields, against calculus in floats."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.polynomials.sparse import to_expression
from symdyn.errors import SymdynError
from symdyn.geometry.predictor import Predictor

u, v, w, x, y = sp.symbols("u v w x y")


def gelu(z):
    return z * (1 + sp.erf(z / sp.sqrt(2))) / 2


def silu(z):
    return z / (1 + sp.exp(-z))


def network(outputs, inputs, hidden, activation):
    """sum_k u_k activation(v_k . x) for each output."""
    U = sp.Matrix(outputs, hidden, sp.symbols(f"u1:{outputs * hidden + 1}"))
    V = sp.Matrix(hidden, inputs, sp.symbols(f"v1:{hidden * inputs + 1}"))
    data = sp.Matrix(sp.symbols(f"x1:{inputs + 1}"))
    return Predictor((*U, *V), tuple(data), U * (V * data).applyfunc(activation))


def head(classes, inputs, loss):
    T = sp.Matrix(classes, inputs, sp.symbols(f"t1:{classes * inputs + 1}"))
    data = sp.Matrix(sp.symbols(f"x1:{inputs + 1}"))
    return Predictor(tuple(T), tuple(data), T * data, loss=loss)


def softmax_head(classes, inputs):
    logits = head(classes, inputs, "squared-error")
    powers = [sp.exp(z) for z in logits.outputs]
    return Predictor(logits.coords, logits.inputs, [power / sp.Add(*powers) for power in powers])


def attention(rows, size, tokens=2):
    """One row of softmax(X Q^T K X^T) X V^T O."""
    blocks = [sp.Matrix(rows, size, sp.symbols(f"{name}1:{rows * size + 1}")) for name in "qkvo"]
    Q, K, V, Out = blocks
    X = sp.Matrix(tokens, size, sp.symbols(f"x1:{tokens * size + 1}"))
    scores = (X * Q.T * K * X.T).row(0)
    weights = scores.applyfunc(sp.exp) / sp.Add(*map(sp.exp, scores))
    return Predictor(sum((tuple(block) for block in blocks), ()), tuple(X), weights * X * V.T * Out)


def sampled_rank(model, seed):
    """Numerical rank of gradients of the outputs at one point, over random inputs, by singular values."""
    rng = np.random.default_rng(seed)
    jacobian = sp.lambdify([model.coords, model.inputs], sp.Matrix(model.outputs).jacobian(model.coords), "scipy")
    theta = rng.normal(size=model.dimension)
    rows = [np.asarray(jacobian(theta, rng.normal(size=len(model.inputs))), float) for _ in range(8 * model.dimension)]
    values = np.linalg.svd(np.vstack(rows), compute_uv=False)
    # singular values of analytic functions of few inputs decay fast; those of a true kernel are rounding, 1e-16
    return int((values > 1e-12 * values[0]).sum()), theta


def split_rank(model, theta):
    """Rank of the polynomial fields at the same point."""
    fields = model.polynomial_fields
    components = [to_expression(terms, model.coords) for terms in fields.components.to_terms()]
    entries = sp.lambdify([model.coords], components, "numpy")(theta)
    values = np.linalg.svd(np.reshape(np.asarray(entries, float), (fields.number, -1)), compute_uv=False)
    return int((values > 1e-10 * values[0]).sum())


MODELS = {
    "tanh": network(1, 2, 1, sp.tanh),
    "GELU": network(1, 2, 2, gelu),
    "SiLU": network(2, 1, 2, silu),
    "softplus": network(1, 2, 1, lambda z: sp.log(1 + sp.exp(z))),
    "sine": network(1, 2, 1, sp.sin),
    "softmax head": softmax_head(3, 2),
    "square": network(1, 2, 2, lambda z: z**2),
    "attention": attention(1, 2),
    "two scales": Predictor((u, v), (x,), [u * sp.tanh(v * x / 2) + sp.exp(v * x)]),
    "nested": Predictor((u, v, w), (x,), [u * sp.tanh(w * sp.tanh(v * x))]),
}


@pytest.mark.parametrize("name", MODELS)
def test_fields_span_what_gradients_at_random_inputs_span(name):
    """Two routes to one space: coefficients of values as independent variables, and plain sampling."""
    rank, theta = sampled_rank(MODELS[name], seed=3)
    assert split_rank(MODELS[name], theta) == rank


@pytest.mark.parametrize(
    "activation",
    [sp.tanh, gelu, silu, sp.sin, sp.exp, lambda z: sp.log(1 + sp.exp(z)), lambda z: sp.tanh(z / 2) + sp.exp(z)],
    ids=["tanh", "GELU", "SiLU", "sine", "exp", "softplus", "two scales"],
)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 2), (2, 2, 2)], ids=str)
@pytest.mark.case("LAW-304")
def test_activations_without_homogeneity_leave_no_law(activation, shape):
    answer = sd.conservation_laws(network(*shape, activation))
    assert (answer.count, answer.verdict) == (0, sd.Verdict.PROVED)
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize(
    ("case", "shape", "laws"), [("LAW-105", (3, 2), 2), ("LAW-106", (2, 3), 3)], ids=["LAW-105", "LAW-106"]
)
def test_softmax_head_keeps_the_sum_of_each_column(case, shape, laws):
    """softmax inside the model under squared error, and logits under cross-entropy, agree."""
    for model in (softmax_head(*shape), head(*shape, "cross-entropy")):
        answer = sd.conservation_laws(model)
        assert (answer.count, answer.exhibited) == (laws, laws)
        T = sp.Matrix(*shape, model.coords)
        for column in range(shape[1]):
            assert sd.is_conserved(sum(T.col(column)), model).verdict is sd.Verdict.PROVED


@pytest.mark.case("LAW-306")
def test_column_sum_of_the_head_needs_cross_entropy():
    total = sum(sp.Matrix(3, 2, head(3, 2, "cross-entropy").coords).col(0))
    assert sd.is_conserved(total, head(3, 2, "squared-error")).verdict is sd.Verdict.REFUTED
    assert sd.is_conserved(total, head(3, 2, "cross-entropy")).verdict is sd.Verdict.PROVED
    assert sd.conservation_laws(head(3, 2, "squared-error")).count == 0


@pytest.mark.parametrize(("rows", "size", "laws"), [(1, 2, 2), (2, 2, 6)])
def test_laws_of_true_softmax_attention_are_those_of_its_parametrization(rows, size, laws):
    answer = sd.conservation_laws(attention(rows, size))
    assert answer.count == answer.exhibited == laws


def test_one_token_makes_queries_and_keys_idle():
    """The softmax of one score is 1, so all entries of Q and K are laws, beside V V^T - O O^T."""
    answer = sd.conservation_laws(attention(1, 2, tokens=1))
    assert answer.count == 4 + 1


@pytest.mark.parametrize("scale", [sp.Rational(1, 3), 2, -1])
def test_laws_do_not_change_with_the_unit_of_the_input(scale):
    model = Predictor((u, v, w), (x, y), [u * v * x * sp.tanh(w * y) + w * u * v])
    scaled = Predictor(model.coords, model.inputs, [g.subs({x: scale * x, y: scale * y}) for g in model.outputs])
    assert sd.conservation_laws(model).count == sd.conservation_laws(scaled).count == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Predictor((u, v), (), [u * v]), "there are no inputs"),
        (lambda: Predictor((u, x), (x,), [u * x]), "both a coordinate and an input"),
        (lambda: Predictor((u,), (x,), []), "there are no outputs"),
        (lambda: Predictor((u,), (x,), [u * v]), "neither a coordinate nor an input"),
        (lambda: Predictor((u,), (x,), [u * x], loss="hinge"), "the loss 'hinge' is not known"),
        (lambda: Predictor((u,), (x,), [u * x], loss="cross-entropy"), "at least 2 logits"),
        (lambda: Predictor((u,), (x,), [sp.exp(u) * x]), "depends on no input"),
        (lambda: Predictor((u, v), (x,), [sp.exp(u * x) + sp.exp(v * x) + sp.exp(u * x + v * x)]), "are dependent"),
        (lambda: Predictor((u,), (x,), [sp.Abs(u * x)]), "the function Abs is not known"),
        (lambda: Predictor((u,), (x,), [sp.sqrt(u * x)]), "no whole number"),
        (lambda: Predictor((u,), (x,), [sp.pi * u * x]), "no rational number"),
        (lambda: Predictor((u, v), (x,), [sp.erf(sp.tanh(u * x))]), "no polynomial in parameters and inputs"),
        (lambda: Predictor((u, v), (x,), [sp.erf(u * x) + sp.log(v + x)]), "their independence is not known"),
    ],
)
def test_what_cannot_be_decided_is_refused_in_one_sentence(make, message):
    with pytest.raises(SymdynError, match=message) as refusal:
        sd.conservation_laws(make())
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("form", ["text", "latex", "markdown", "html", "json"])
def test_a_model_shows_its_formula_in_every_format(form):
    assert "tanh" in getattr(MODELS["tanh"], form)()
