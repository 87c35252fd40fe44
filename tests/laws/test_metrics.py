"""Gradient flow in metrics, under weight decay, sign flow and classes of losses.

Source: counts derived in exact arithmetic from Marcotte, Gribonval and Peyre, arXiv 2405.12888 and 2506.06194.
"""

import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.polynomials.sparse import to_expression
from symdyn.errors import ModelError, SymdynError
from tests.laws import models
from tests.laws.test_momentum import head, linear, relu

u, v, w, c = sp.symbols("u v w c")
UV = sd.Parametrization((u, v), [u * v])


def half(model: sd.Parametrization, first: int) -> list[sp.Expr]:
    return [symbol if place < first else sp.Integer(1) for place, symbol in enumerate(model.coords)]


def rates(model: sd.Parametrization, first: int, rate: int) -> list[sp.Integer]:
    """Layer-wise rates (1, rate)."""
    return [sp.Integer(1 if place < first else rate) for place in range(len(model.coords))]


NMF = [
    ("LAW-141", (1, 1, 1), 1, 1),
    ("LAW-142", (1, 1, 2), 3, 2),
    ("LAW-144", (2, 2, 1), 1, 1),
    ("LAW-145", (2, 2, 2), 2, 2),
    ("LAW-146", (2, 1, 2), 2, 2),
    ("LAW-147", (3, 2, 2), 2, 2),
    ("LAW-149", (1, 1, 3), 5, 3),
    ("LAW-150", (2, 1, 4), 4, 4),
    ("LAW-151", (3, 3, 4), 4, 4),
]


@pytest.mark.parametrize(
    ("case", "shape", "laws", "linear_laws"),
    [pytest.param(*row, id=row[0]) for row in NMF],
)
def test_entropic_mirror_flow(case, shape, laws, linear_laws):
    model = linear(*shape)
    answer = sd.conservation_laws(model, metric="entropic", degree=1)
    assert (answer.count, answer.ladder[-1].lower) == (laws, linear_laws)  # the last rung: polynomials
    for law in answer.laws:
        for output in model.outputs:
            assert sp.expand(sum(x * sp.diff(output, x) * sp.diff(law.expression, x) for x in model.coords)) == 0


ROWS = [
    ("LAW-007", UV, [u, v], 1, 1),
    ("LAW-009", UV, [u, v**2], 1, 0),
    ("LAW-010", UV, [u, 1], 1, 1),
    ("LAW-152", linear(1, 1, 1), half(linear(1, 1, 1), 1), 1, 1),
    ("LAW-154", linear(2, 1, 2), half(linear(2, 1, 2), 4), 2, 2),
    ("LAW-155", linear(2, 2, 3), half(linear(2, 2, 3), 6), 3, 3),
    ("LAW-156", relu(1, 2, 2), half(relu(1, 2, 2), 2), 2, 2),
    ("LAW-157", relu(2, 2, 2), half(relu(2, 2, 2), 4), 2, 2),
    ("LAW-159", linear(2, 2, 1), "burg", 1, 0),
    ("LAW-160", linear(2, 2, 2), "burg", 2, 0),
    ("LAW-161", linear(2, 2, 2), rates(linear(2, 2, 2), 4, 2), 3, 3),
    ("LAW-162", linear(2, 2, 2), rates(linear(2, 2, 2), 4, 5), 3, 3),
    ("LAW-164", linear(2, 2, 1), [2, 3, 5, 7], 1, 1),
]


@pytest.mark.parametrize(
    ("case", "model", "metric", "laws", "polynomial"),
    [pytest.param(*row, id=row[0]) for row in ROWS],
)
def test_count_in_a_metric(case, model, metric, laws, polynomial):
    answer = sd.conservation_laws(model, metric=metric, degree=2)
    assert (answer.upper, answer.ladder[-1].lower) == (laws, polynomial)  # the last rung: polynomials
    assert answer.certificate.verify().verdict is not sd.Verdict.REFUTED


def test_a_rate_for_each_weight_leaves_the_diagonal():
    answer = sd.conservation_laws(linear(2, 2, 2), metric=[2, 3, 5, 7, 11, 13, 17, 19])
    assert answer.count == 2


def test_a_constant_matrix_gives_the_inverse_metric_as_law():
    """With theta' = -M grad L and M^-1 X symmetric, theta^T M^-1 X theta is conserved for every symmetry X of u v."""
    matrix = sp.Matrix([[2, 1], [1, 3]])
    answer = sd.conservation_laws(UV, metric=matrix)
    assert (answer.count, answer.verdict) == (1, sd.Verdict.PROVED)
    push = matrix * sp.Matrix([v, u])
    for law in answer.laws:
        assert sp.expand(sum(sp.diff(law.expression, x) * p for x, p in zip((u, v), push, strict=True))) == 0


def test_natural_gradient_has_the_laws_of_the_euclidean_metric():
    euclidean, natural = (sd.conservation_laws(linear(2, 1, 2), metric=name) for name in (None, "natural"))
    assert (natural.count, natural.laws) == (euclidean.count, euclidean.laws)
    assert any("natural gradient" in line for line in natural.certificate.assumptions)


def test_metric_by_block_of_a_network():
    answer = sd.conservation_laws(sd.networks.linear(2, 2, 2), metric={"W1": "entropic"})
    assert (answer.count, answer.exhibited) == (2, 2)


def test_weight_decay_multiplies_each_law_by_its_factor():
    rate, t = sp.Symbol("lambda", positive=True), sd.time
    answer = sd.conservation_laws(linear(2, 1, 2), dynamics="weight decay", decay=rate)
    flow = sd.conservation_laws(linear(2, 1, 2))
    assert answer.count == flow.count == 3
    coords = answer.model.base.coords
    for h in (entry for law in answer.laws for entry in law.entries()):
        assert h.has(sp.exp)
        assert sp.simplify(sp.diff(h, t) - sum(rate * x * sp.diff(h, x) for x in coords)) == 0
        for output in answer.model.base.outputs:
            assert sp.simplify(sum(sp.diff(output, x) * sp.diff(h, x) for x in coords)) == 0


@pytest.mark.parametrize(
    ("model", "laws"),
    [(UV, 1), (linear(2, 1, 1), 0), (linear(1, 1, 2), 3), (linear(2, 2, 2), 0), (models.attention(1, 2), 0)],
)
def test_sign_flow(model, laws):
    """u v keeps |u| - |v|; one output moves along one line of signs; wider products keep none."""
    assert sd.conservation_laws(model, dynamics="sign flow").count == laws


def test_sign_flow_moves_along_every_sign_vector_that_a_loss_can_give():
    """Directions sampled from the definition span no more than D minus the laws."""
    model = linear(1, 1, 2)
    (u1, u2, v1, v2) = model.coords
    answer = sd.conservation_laws(model, dynamics="sign flow")
    point = {u1: 2, u2: 3, v1: 5, v2: 7}
    moves = [sp.sign(sp.diff(model.outputs[0], x).subs(point)) for x in model.coords]
    for law in answer.laws:
        assert sum(sp.diff(law.expression, x) * s for x, s in zip(model.coords, moves, strict=True)) == 0


@pytest.mark.parametrize(("classes", "inputs"), [(3, 2), (2, 3)])
def test_cross_entropy_keeps_column_sums_and_squared_error_none(classes, inputs):
    entropy = sd.conservation_laws(head(classes, inputs), loss="cross-entropy")
    assert (entropy.count, sd.conservation_laws(head(classes, inputs)).count) == (inputs, 0)
    assert any("cross-entropy" in line for line in entropy.certificate.assumptions)


def test_softmax_after_a_linear_network_adds_the_column_sums_of_its_last_layer():
    assert sd.conservation_laws(sd.networks.linear(2, 2, 3), loss="cross-entropy").count == 5


def test_logistic_and_subspaces():
    chain = sd.Parametrization((u, v, w), [[u * v, v * w]])
    assert sd.conservation_laws(chain, loss="logistic").count == sd.conservation_laws(chain).count == 1
    two = sd.Parametrization((u, v, w), [[u * v], [v * w]])
    assert sd.conservation_laws(two, loss=[[1], [0]]).count == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": sp.Matrix([[1, 2], [2, 4]])}, "the metric is singular: its determinant is 0"),
        ({"metric": sp.Matrix([[1, 2], [0, 1]])}, "the metric is not symmetric: entry"),
        ({"metric": sp.Matrix([[1, 2], [2, 1]])}, "not positive definite"),
        ({"metric": "entropic", "at": {u: 0, v: 1}}, "singular at the point"),
        ({"metric": [1, 2, 3]}, "the metric is 3 entries, and the model has 2 parameters"),
        ({"metric": "entropc"}, "did you mean entropic"),
        ({"metric": [0, 1]}, "diagonal entry 1 of the metric is 0"),
        ({"metric": [c, 1]}, "`c` in entry"),
        ({"metric": [0.5, 1]}, "write 1/2"),
        ({"metric": [sp.sin(u), 1]}, "polynomial|rational"),
        ({"metric": {"x": "burg"}}, "no block and no coordinate"),
        ({"loss": "cross-entropy"}, "needs at least 2 logits"),
        ({"loss": "hinge"}, "the loss 'hinge' is not known"),
        ({"loss": [[1], [2]]}, "loss directions is 2 x 1"),
    ],
)
def test_wrong_metrics_and_losses_are_refused_in_one_sentence(options, message):
    with pytest.raises(SymdynError, match=message) as refusal:
        sd.conservation_laws(UV, **options)
    assert "\n" not in str(refusal.value)


def test_options_of_outputs_are_refused_for_fields():
    field = sd.VectorField((u, v), [v, u])
    with pytest.raises(ModelError, match="fields came: give a Parametrization"):
        sd.conservation_laws(sd.Distribution((field,)), metric="entropic")


def test_geodesics_without_force_and_friction_keep_their_energy():
    """The cotangent drift is typed with denominators cleared; p^T M p is constant along it for any M."""
    metric = sp.Matrix([[2 + u**2, u * v], [u * v, 1 + v**2]])
    space = sd.conservation_laws(UV, metric=metric, dynamics="geodesic momentum", friction=0).model
    momentum = sp.Matrix(space.coords[2:])
    energy = (momentum.T * metric * momentum)[0]
    terms = space.polynomial_fields.components.to_terms()[: space.dimension]
    drift = [to_expression(part, space.coords) for part in terms]
    assert sp.expand(sum(sp.diff(energy, x) * d for x, d in zip(space.coords, drift, strict=True))) == 0
    assert drift[2] != 0


def test_constants_and_decay_in_time():
    """The law of a u v, and of decay 1 / t."""
    model = sd.Parametrization((u, v), [c * u * v], constants=(c,))
    answer = sd.conservation_laws(model, dynamics="weight decay", decay=1 / sd.time)
    (law,) = answer.laws
    assert sp.simplify(law.expression / (sd.time**2 * (u**2 - v**2))) in (1, -1)
    assert sd.conservation_laws(model, dynamics="nesterov").count == 0


def test_an_inhomogeneous_model_loses_laws_under_decay():
    """u + v w keeps v^2 - w^2 alone: each degree pushes by itself, and u is pushed as well."""
    model = sd.Parametrization((u, v, w), [u + v * w])
    flow = sd.conservation_laws(model)
    decay = sd.conservation_laws(model, dynamics="weight decay", decay=1)
    assert (flow.count, decay.count) == (2, 1)
