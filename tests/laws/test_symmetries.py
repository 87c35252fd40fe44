"""Linear symmetries: dphi X theta = 0 by calculus, what they conserve, and the laws that come from none."""

from __future__ import annotations

import json

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.canonical import digest
from symdyn.certificate.verify import verify_data
from symdyn.errors import ModelError
from symdyn.laws.symmetries import linear_symmetries

a, b, c, d, s, t, u, v = sp.symbols("a b c d s t u v")
MODELS = {
    "balance": sd.Parametrization((u, v), [u * v]),
    "weighted": sd.Parametrization((u, v), [u**2 * v]),
    "determinant": sd.Parametrization((a, b, c, d), [a * d - b * c]),
    "residual blocks": sd.Parametrization((u, v, s, t), [(1 + u * v) * (1 + s * t)]),
    "round": sd.Parametrization((u, v), [u**2 + v**2]),
    "none": sd.Parametrization((u, v), [u**2 + v, v**2 + u]),
    "frozen": sd.Parametrization((u, v, s), [u * v]),
    "linear": sd.networks.linear(2, 2, 2),
    "chain": sd.networks.linear(1, 2, 2, 1),
}


@pytest.mark.parametrize("name", MODELS)
def test_outputs_do_not_change_along_a_symmetry(name):
    found = linear_symmetries(MODELS[name])
    theta = sp.Matrix(found.model.coords)
    jacobian = sp.Matrix(found.model.outputs).jacobian(theta)
    for X in (*found.symmetric, *found.antisymmetric):
        assert (jacobian * X * theta).expand().is_zero_matrix
    assert all(X.is_symmetric() for X in found.symmetric)
    assert all(X.T == -X for X in found.antisymmetric)
    assert found.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize("name", MODELS)
def test_symmetric_ones_give_laws_of_gradient_flow(name):
    found = linear_symmetries(MODELS[name])
    for law in found.gradient_flow_laws:
        assert sd.is_conserved(law, found.model).verdict is sd.Verdict.PROVED


@pytest.mark.parametrize("name", MODELS)
def test_antisymmetric_ones_give_laws_of_momentum_without_friction(name):
    """d/dt <theta', X theta> = <theta'', X theta> = -l'(phi) dphi X theta, since X is antisymmetric."""
    found = linear_symmetries(MODELS[name])
    theta = sp.Matrix(found.model.coords)
    velocity = sp.Matrix([sp.Symbol(f"{symbol}_dot") for symbol in found.model.coords])
    for law in found.momentum_laws:
        for output in found.model.outputs:
            force = -sp.Matrix([output]).jacobian(theta).T
            rate = sum(law.diff(x) * x_dot for x, x_dot in zip(theta, velocity, strict=True))
            rate += sum(law.diff(x_dot) * f for x_dot, f in zip(velocity, force, strict=True))
            assert sp.expand(rate) == 0


@pytest.mark.parametrize(
    ("case", "name", "symmetric", "antisymmetric", "without"),
    [
        ("LAW-001", "balance", 1, 0, 0),
        ("LAW-002", "weighted", 1, 0, 0),
        ("LAW-005", "round", 0, 1, 1),
        ("LAW-030", "linear", 3, 1, 0),
        ("LAW-210", "residual blocks", 2, 0, 1),
        ("LAW-214", "chain", 6, 2, 1),
        # sl(2) acts from the left and from the right: 3 + 3, of which so(2) twice is antisymmetric
        ("LAW-064", "determinant", 4, 2, 0),
    ],
)
def test_which_laws_come_from_a_symmetry(case, name, symmetric, antisymmetric, without):
    found = linear_symmetries(MODELS[name])
    assert (len(found.symmetric), len(found.antisymmetric)) == (symmetric, antisymmetric)
    assert found.without_symmetry == without


@pytest.mark.case("LAW-305")
@pytest.mark.parametrize(("model", "accepted"), [(sd.networks.linear(2, 2, 2), True), (None, False)])
def test_products_of_two_neurons_are_laws_of_linear_networks_alone(model, accepted):
    x = sp.symbols("x1:5")
    y = sp.symbols("y1:5")
    U, V = sp.Matrix(2, 2, x), sp.Matrix(2, 2, y)
    lift = [U[i, k] * V[j, k] for k in range(2) for i in range(2) for j in range(2)]
    phi = sd.Parametrization((*x, *y), U * V.T if accepted else lift)
    product = U.col(0).dot(U.col(1)) - V.col(0).dot(V.col(1))
    found = {sp.expand(law) for law in linear_symmetries(phi).gradient_flow_laws}
    assert (sd.is_conserved(product, phi).verdict is sd.Verdict.PROVED) == accepted
    assert any(law in (2 * product.expand(), -2 * product.expand()) for law in found) == accepted


@pytest.mark.parametrize("change", ["entry", "kind", "repeated"])
def test_spoiled_certificates_are_refuted(change):
    data = json.loads(json.dumps(linear_symmetries(MODELS["determinant"]).certificate.to_data()))
    matrices = data["witness"]["symmetric"]
    if change == "entry":
        matrices[0][0][2] += 1
    elif change == "kind":
        data["witness"]["antisymmetric"][0] = matrices[0]
    else:
        matrices[1] = matrices[0]
    signed = {name: data[name] for name in ("schema", "claim", "verdict", "method", "witness", "assumptions")}
    assert verify_data({**data, "sha256": digest(signed)}).verdict == "refuted"


@pytest.mark.parametrize("form", ["text", "latex", "markdown", "html", "json"])
def test_symmetries_show_in_every_format(form):
    from symdyn.report.render import render

    shown = " ".join(render(linear_symmetries(MODELS["residual blocks"]), form).split())
    assert ("without symmetry" if form == "json" else "from no linear symmetry") in shown


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (sd.networks.relu(2, 2, 2), "symmetries of a ReluNetwork are not looked for"),
        (sd.networks.linear(5, 5, 5), "up to 32 parameters"),
        (sd.Parametrization((u, v), [a * u * v], constants=(a,)), "symbolic constants"),
    ],
)
def test_models_without_an_answer_are_refused(model, message):
    with pytest.raises(ModelError, match=message):
        linear_symmetries(model)
