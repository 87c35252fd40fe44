"""Laws along training: what a step does to them is an identity, and what breaks them is named."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn import Parametrization, conservation_laws, networks
from symdyn.errors import ModelError, ShapeError
from symdyn.training.array_laws import ArrayLaw, ArrayTerm, laws_on_arrays
from symdyn.training.monitor import Monitor, drift_of_checkpoints

LINEAR = laws_on_arrays(conservation_laws(networks.linear(4, 3, 2)))
RATE = 1e-2


def draw(seed, shapes=(("W1", (3, 4)), ("W2", (2, 3)))):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape) for name, shape in shapes}


def slope(theta, seed):
    """Gradient of |W2 W1 X - Y|^2 / 2 for random data."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(4, 6)), rng.normal(size=(2, 6))
    rest = theta["W2"] @ theta["W1"] @ x - y
    return {"W1": theta["W2"].T @ rest @ x.T, "W2": rest @ x.T @ theta["W1"].T}


def moved(theta, direction, size):
    return {name: theta[name] + size * direction[name] for name in theta}


@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_orthogonal_to_the_laws(seed):
    """B(theta, g) = 0: the law is conserved by the flow. Tolerance: rounding of sums of a few dozen terms."""
    theta = draw(seed)
    g = slope(theta, seed)
    for law in LINEAR:
        assert np.abs(law.bilinear(theta, g)).max() < 1e-12 * max(np.abs(g["W1"]).max(), 1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_a_step_of_gradient_descent_moves_a_quadratic_law_by_the_exact_identity(seed, decay):
    """h((1 - tau lambda) theta - tau g) = (1 - tau lambda)^2 h(theta) + tau^2 h(g) (specification 2.10)."""
    theta = draw(seed)
    g = slope(theta, seed)
    after = {name: (1 - RATE * decay) * theta[name] - RATE * g[name] for name in theta}
    for law in LINEAR:
        expected = (1 - RATE * decay) ** 2 * law.values(theta) + RATE**2 * law.values(g)
        np.testing.assert_allclose(law.values(after), expected, atol=1e-12)  # rounding of numbers up to 30


def run(step, steps=50, every=1, **options):
    record = Monitor(LINEAR, every=every)
    theta = draw(0)
    for k in range(steps):
        g = slope(theta, k)
        new, told = step(theta, g)
        if record.is_due:
            record.step(theta, new, g, **{"learning_rate": RATE, **options, **told})
        else:
            record.skip()
        theta = new
    return record.drift(), theta


def test_drift_of_gradient_descent_is_predicted_to_rounding_and_called_discretisation():
    drift, theta = run(lambda theta, g: (moved(theta, g, -RATE), {}))
    (row,) = drift.laws
    assert row.conclusion == "conserved up to discretisation"
    np.testing.assert_allclose(row.drift, row.predicted, atol=1e-12)  # 50 steps, numbers of size 10
    assert row.drift[-1] == pytest.approx(
        np.linalg.norm(LINEAR[0].values(theta) - LINEAR[0].values(draw(0))), abs=1e-12
    )


def test_sampling_steps_changes_the_prediction_only_by_what_was_not_looked_at():
    every, _ = run(lambda theta, g: (moved(theta, g, -RATE), {}))
    sampled, _ = run(lambda theta, g: (moved(theta, g, -RATE), {}), every=7)
    assert sampled.steps == (0, *range(1, 51, 7))
    assert sampled.laws[0].drift[-1] == every.laws[0].drift[sampled.steps[-1]]


def test_momentum_breaks_a_law_and_is_named():
    velocity = {name: np.zeros_like(value) for name, value in draw(0).items()}

    def step(theta, g):
        for name in velocity:
            velocity[name] = 0.9 * velocity[name] + g[name]
        return moved(theta, velocity, -RATE / 10), {"learning_rate": RATE / 10, "cause": "momentum"}

    drift, _ = run(step)
    assert drift.laws[0].conclusion == "broken by momentum"
    assert drift.laws[0].drift[-1] > 10 * drift.laws[0].predicted[-1]


def test_weight_decay_is_told_from_other_causes():
    drift, _ = run(
        lambda theta, g: ({name: theta[name] * (1 - RATE * 0.5) - RATE * g[name] for name in theta}, {}), decay=0.5
    )
    assert drift.laws[0].conclusion.startswith("broken by weight decay")
    assert "steps that do not follow" not in drift.laws[0].conclusion


def test_learning_rates_that_differ_by_layer_are_the_cause():
    """Layer-wise rates (1, c) have the law c U^T U - V^T V instead (specification 2.12)."""

    def step(theta, g):
        rates = {"W1": RATE, "W2": RATE / 2}
        return {name: theta[name] - rates[name] * g[name] for name in theta}, {"learning_rate": rates}

    drift, _ = run(step)
    assert drift.laws[0].conclusion == "broken by learning rates that differ between its parameters"
    assert drift.laws[0].predicted == ()


def test_a_function_that_is_no_law_is_found_out_by_the_gradient():
    wrong = ArrayLaw(name="|W1|^2", size=1, terms=(ArrayTerm(1, "W1"),), part="diagonal", source="given")
    record = Monitor([wrong])
    theta = draw(1)
    g = slope(theta, 1)
    record.step(theta, moved(theta, g, -RATE), g, learning_rate=RATE)
    assert record.drift().laws[0].conclusion == "broken by the gradient itself: this is no law of the model"


def test_large_matrix_laws_are_followed_on_entries_of_the_matrix():
    shapes = (("W1", (40, 5)), ("W2", (3, 40)))
    (law,) = laws_on_arrays(conservation_laws(networks.linear(5, 40, 3)))
    theta = draw(2, shapes)
    full = theta["W1"] @ theta["W1"].T - theta["W2"].T @ theta["W2"]
    sign = np.sign(law.values(theta)[0] / full[0, 0])
    entries = np.concatenate([np.diag(full), full[tuple(law.pairs)]])
    np.testing.assert_allclose(sign * law.values(theta), entries, atol=1e-12)  # rounding


def test_relu_laws_have_one_entry_for_each_hidden_neuron_with_its_bias():
    laws = laws_on_arrays(conservation_laws(networks.relu(3, 4, 2, bias=True)))
    theta = draw(3, (("W1", (4, 3)), ("W2", (2, 4)), ("b1", (4,))))
    expected = (theta["W2"] ** 2).sum(0) - (theta["W1"] ** 2).sum(1) - theta["b1"] ** 2
    np.testing.assert_allclose(laws[0].values(theta), expected, atol=1e-12)  # rounding


def test_checkpoints_alone_say_how_much_changed_and_no_more():
    theta = draw(4)
    later = moved(theta, slope(theta, 4), -RATE)
    drift = drift_of_checkpoints(LINEAR, [theta, theta, later], steps=[0, 10, 20])
    assert drift.steps == (0, 10, 20)
    assert drift.laws[0].drift[1] == 0
    assert drift.laws[0].conclusion.startswith("changed by")


def test_laws_without_matrix_form_are_refused_with_what_to_do():
    u, v = sp.symbols("u v")
    with pytest.raises(ModelError, match=r"follow `law.expression` by its values"):
        laws_on_arrays(conservation_laws(Parametrization((u, v), [u * v])))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"W1": None}, ModelError, "the array W1 is missing, a law needs it"),
        ({"W1": np.zeros((2, 4))}, ShapeError, r"W1 has shape \(2, 4\) after \(3, 4\)"),
        ({"W1": np.zeros((3, 4), dtype=np.float32)}, ModelError, "precisions are mixed"),
    ],
)
def test_arrays_of_another_run_are_refused(change, error, message):
    theta = draw(5)
    after = {name: value for name, value in {**theta, **change}.items() if value is not None}
    with pytest.raises(error, match=message):
        Monitor(LINEAR).step(theta, after)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Monitor([]), "there are no laws to follow"),
        (lambda: Monitor(LINEAR, every=0), "every is 0: give a whole number from 1"),
        (lambda: Monitor(LINEAR).drift(), "no step was recorded"),
        (lambda: Monitor(LINEAR).step(None, draw(0)), "without the parameters before it"),
        (lambda: drift_of_checkpoints(LINEAR, [draw(0)]), "1 checkpoint came: a drift needs at least two"),
    ],
)
def test_misuse_is_one_sentence(call, message):
    with pytest.raises(ModelError, match=message):
        call()


def test_the_figure_carries_the_recorded_numbers_and_can_be_drawn():
    from symdyn.report.figures import svg_of

    drift, _ = run(lambda theta, g: (moved(theta, g, -RATE), {}))
    figure = drift.figure()
    assert figure.data["drift"] == (drift.laws[0].drift,)
    assert figure.data["loss"] == (None,) * len(drift.steps)
    assert svg_of(figure).startswith("<svg")


def swapped(**changes):
    return {**draw(5), **changes}


@pytest.mark.parametrize(
    ("checkpoints", "message"),
    [
        ([], "no checkpoint came: a drift needs at least two"),
        ([1, 2], "a int came for parameters: give a mapping from names to arrays"),
        ([draw(5), swapped(W2=np.zeros((2, 4)))], r"W2 has shape \(2, 4\) after \(2, 3\)"),
        ([swapped(W2=np.zeros(6))] * 2, "a law of this model needs its axis"),
        ([swapped(W1=np.zeros((4, 4)))] * 2, "its axis 0 must have 3 entries"),
        ([swapped(W1=draw(5)["W1"] * 1j)] * 2, "W1 is in complex128: give float32 or float64"),
        ([swapped(W1=draw(5)["W1"].astype(np.float16))] * 2, "W1 is in float16: give float32 or float64"),
        ([swapped(W1=draw(5)["W1"].astype(object))] * 2, "W1 is in object"),
        ([swapped(W1=[[1, 2], [3]])] * 2, "W1 has rows of different lengths"),
        ([{"W1": draw(5)["W1"]}] * 2, "the array W2 is missing, a law needs it: the arrays given are W1"),
    ],
)
def test_checkpoints_that_do_not_fit_are_refused_in_one_sentence(checkpoints, message):
    with pytest.raises((ModelError, ShapeError), match=message) as refusal:
        drift_of_checkpoints(LINEAR, checkpoints)
    assert "\n" not in str(refusal.value)


def test_step_numbers_of_checkpoints_increase():
    with pytest.raises(ModelError, match="the step numbers 5, 1 do not increase"):
        drift_of_checkpoints(LINEAR, [draw(5), draw(6)], steps=[5, 1])
    with pytest.raises(ShapeError, match="1 step numbers for 2 checkpoints"):
        drift_of_checkpoints(LINEAR, [draw(5), draw(6)], steps=[5])


@pytest.mark.parametrize("laws", ["a law", [1], 7])
def test_what_is_no_law_on_arrays_is_refused(laws):
    for call in (Monitor, lambda given: drift_of_checkpoints(given, [draw(0), draw(1)])):
        with pytest.raises(ModelError, match="is no law on arrays: give those of laws_of_module or laws_on_arrays"):
            call(laws)


def test_lists_and_whole_numbers_are_arrays_as_well():
    theta = draw(5)
    listed = {name: value.tolist() for name, value in theta.items()}
    assert drift_of_checkpoints(LINEAR, [theta, listed]).laws[0].drift == (0.0, 0.0)
    whole = {name: np.ones(value.shape, dtype=int) for name, value in theta.items()}
    assert drift_of_checkpoints(LINEAR[0], iter([whole, whole])).laws[0].drift == (0.0, 0.0)


def test_checkpoints_that_are_not_finite_are_said_to_be_lost():
    theta = draw(5)
    lost = drift_of_checkpoints(LINEAR, [theta, moved(theta, theta, float("nan"))], steps=[3, 8])
    assert lost.laws[0].conclusion == "lost: numbers that are not finite came at step 8"


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_step_that_is_not_finite_is_no_step_that_conserves(bad):
    record, theta = Monitor(LINEAR), draw(5)
    record.step(theta, moved(theta, theta, bad), slope(theta, 5), learning_rate=RATE)
    assert record.drift().laws[0].conclusion.startswith("lost: numbers that are not finite came")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": "fast"}, "learning_rate is 'fast': give a number"),
        ({"learning_rate": {"W1": 0.1}}, "learning_rate has no entry for W2"),
        ({"learning_rate": 0.1, "decay": None}, None),
        ({"learning_rate": 0.1, "decay": [1]}, r"decay is \[1\]: give a number"),
    ],
)
def test_rates_are_checked(options, message):
    record, theta = Monitor(LINEAR), draw(5)
    if message is None:
        record.step(theta, theta, slope(theta, 5), **options)
        return
    with pytest.raises(ModelError, match=message):
        record.step(theta, theta, slope(theta, 5), **options)


def test_momentum_and_a_wrong_law_are_told_apart():
    """|W1|^2 is no law, and the step is twice the gradient's: both are named, each with its part."""
    wrong = ArrayLaw(name="|W1|^2", size=1, terms=(ArrayTerm(1, "W1"),), part="diagonal", source="given")
    record, theta = Monitor([wrong]), draw(1)
    g = slope(theta, 1)
    record.step(theta, moved(theta, g, -3 * RATE), g, learning_rate=RATE, cause="momentum")
    assert record.drift().laws[0].conclusion.startswith("broken by momentum and the gradient itself: this is no law")
