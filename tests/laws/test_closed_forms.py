"""Closed forms of the number of laws of linear networks, against the engine on whole grids of widths.

Derived counts (the laws are those of Marcotte, Gribonval and Peyre, arXiv 2307.00144); the engine is told none of them.
"""

import itertools
import math

import pytest
import sympy as sp

import symdyn as sd


def balances(widths):
    """Independent entries of the balances of layers: sum of k (2 r + 1 - k) / 2 with k = min(r, both neighbours)."""
    total = 0
    for before, width, after in zip(widths, widths[1:], widths[2:], strict=False):
        k = min(width, before + after)
        total += k * (2 * width + 1 - k) // 2
    return total


def weights(widths):
    return sum(before * after for before, after in itertools.pairwise(widths))


def linear_laws(widths):
    """The balances, and what a scalar chain between two layers of width one adds: it is driven by a single field."""
    ones = [place for place, width in enumerate(widths) if width == 1]
    chains = [widths[a : b + 1] for a, b in itertools.pairwise(ones) if b - a >= 3]
    return balances(widths) + sum(weights(chain) - 1 - balances(chain) for chain in chains)


def two_layer_laws(outputs, hidden, inputs):
    """rk (2 r + 1 - rk) / 2 with rk the rank of [U; V], the other form of the count."""
    rank = min(hidden, outputs + inputs)
    return rank * (2 * hidden + 1 - rank) // 2


GRID = [
    *itertools.product(range(1, 6), repeat=3),
    *itertools.product(range(1, 5), repeat=4),
    *itertools.product(range(1, 4), repeat=5),
]


def test_grid_has_624_networks_of_which_41_have_laws_beyond_the_balances():
    assert len(GRID) == 624
    assert sum(linear_laws(widths) > balances(widths) for widths in GRID) == 41


@pytest.mark.parametrize(("outputs", "hidden", "inputs"), list(itertools.product(range(1, 6), repeat=3)))
def test_two_closed_forms_of_two_layers_agree(outputs, hidden, inputs):
    """In the regime r >= n + m the count is N r - N (N - 1) / 2."""
    laws = two_layer_laws(outputs, hidden, inputs)
    total = outputs + inputs
    assert laws == linear_laws((inputs, hidden, outputs))
    assert laws == (math.comb(hidden + 1, 2) if hidden <= total else total * hidden - math.comb(total, 2))


@pytest.mark.slow("624 networks are counted, one second and more for each hundred")
def test_closed_form_of_linear_networks_on_the_whole_grid():
    wrong = []
    for widths in GRID:
        answer = sd.conservation_laws(sd.networks.linear(*widths))
        known = (answer.upper, answer.exhibited) == (linear_laws(widths), balances(widths))
        if not known or answer.verdict is not sd.Verdict.PROVED:
            wrong.append((widths, answer.lower, answer.upper, answer.exhibited, linear_laws(widths)))
    assert wrong == []


SIZES = [*itertools.product(range(1, 4), repeat=2)]


@pytest.mark.parametrize(("width", "head_width"), SIZES)
def test_attention_counts_two_products(width, head_width):
    answer = sd.conservation_laws(sd.networks.attention(width, head_width))
    assert answer.count == answer.exhibited == 2 * two_layer_laws(width, head_width, width)


@pytest.mark.parametrize(("planes", "width"), SIZES)
def test_rotary_attention_counts_planes(planes, width):
    """One law for each plane: the common rotation of Q_b and K_b is antisymmetric and gives none."""
    answer = sd.conservation_laws(sd.networks.query_key(width, 2 * planes, rotary=True))
    assert answer.count == answer.exhibited == planes


@pytest.mark.parametrize(("outputs", "hidden"), SIZES)
def test_tied_weights_have_laws_only_where_they_are_wide(outputs, hidden):
    """None of them is polynomial: rotations of the hidden space give antisymmetric matrices."""
    answer = sd.conservation_laws(sd.networks.tied(outputs, hidden))
    assert answer.count == outputs * max(0, hidden - outputs)
    assert answer.ladder[-1].lower == 0


@pytest.mark.parametrize(("inputs", "hidden", "classes"), list(itertools.product((1, 2, 3), (1, 2, 3), (2, 3))))
def test_softmax_head_after_a_linear_layer_counts_its_columns_too(inputs, hidden, classes):
    """Column sums are r further laws; what is left is the network with one class less."""
    answer = sd.conservation_laws(sd.networks.linear_softmax(inputs, hidden, classes))
    assert answer.count == hidden + two_layer_laws(classes - 1, hidden, inputs)


@pytest.mark.parametrize(("inputs", "state", "outputs"), list(itertools.product((1, 2), (1, 2, 3), (1, 2))))
def test_linear_recurrence_has_one_symmetric_matrix_of_laws(inputs, state, outputs):
    answer = sd.conservation_laws(sd.networks.linear_recurrence(inputs, state, outputs))
    assert answer.count == answer.exhibited == state * (state + 1) // 2


def momentum_laws(outputs, hidden, inputs):
    """Heavy ball on U V^T: r (r - 1) / 2 up to r = 2 N, then 2 N r - N (2 N + 1); two scalars have more symmetry."""
    total = outputs + inputs
    if total == 2:
        return max(0, 4 * hidden - 6)
    return math.comb(hidden, 2) if hidden <= 2 * total else 2 * total * hidden - total * (2 * total + 1)


def deep_momentum_laws(widths):
    """The counts of each hidden layer between its neighbours, added: rotations of one layer do not see the others."""
    return sum(momentum_laws(*layers) for layers in zip(widths, widths[1:], widths[2:], strict=False))


@pytest.mark.parametrize(("outputs", "hidden", "inputs"), list(itertools.product((1, 2, 4), (1, 2, 5, 9, 30), (1, 3))))
def test_momentum_has_a_rotation_for_each_pair_that_positions_and_velocities_span(outputs, hidden, inputs):
    """k (2 r - 1 - k) / 2 with k = min(r, 2 N) is the other form of the count, N > 2."""
    span = min(hidden, 2 * (outputs + inputs))
    if outputs + inputs > 2:
        assert momentum_laws(outputs, hidden, inputs) == span * (2 * hidden - 1 - span) // 2


@pytest.mark.slow("624 networks are counted, four seconds for each hundred")
def test_closed_form_of_linear_networks_under_momentum_on_the_whole_grid():
    """Both bounds are proved and every law is in hand. The sum over hidden layers is derived for these widths only.

    Nothing is added by chains between layers of width one, as it is without momentum: (1, 2, 2, 1) has 2 laws. Two
    scalars beside one layer, 1 - r - 1, keep their additional symmetry inside a longer network.
    """
    wrong = []
    for widths in GRID:
        answer = sd.conservation_laws(sd.networks.linear(*widths), dynamics="momentum", friction=3)
        known = (answer.lower, answer.upper, answer.exhibited) == (deep_momentum_laws(widths),) * 3
        if not known or answer.verdict is not sd.Verdict.PROVED:
            wrong.append((widths, answer.lower, answer.upper, answer.exhibited, deep_momentum_laws(widths)))
    assert wrong == []


@pytest.mark.slow("624 networks are counted, three seconds for each hundred")
def test_momentum_leaves_relu_networks_no_law_on_the_whole_grid():
    """Their symmetries are diagonal, hence symmetric, and momentum keeps what antisymmetric ones give."""
    wrong = []
    for widths in GRID:
        answer = sd.conservation_laws(sd.networks.relu(*widths), dynamics="momentum", friction=3)
        if (answer.lower, answer.upper, answer.verdict) != (0, 0, sd.Verdict.PROVED):
            wrong.append((widths, answer.lower, answer.upper))
    assert wrong == []


def heavy_ball(network, friction=3):
    """The phase space (t, theta, v): d_t + v d_theta - tau v d_v, and the force of each output."""
    position, time = network.coords, sp.Symbol("t")
    velocity = tuple(sp.Symbol(f"{symbol}_dot") for symbol in position)
    coords = (time, *position, *velocity)
    still = [sp.Integer(0)] * (1 + len(position))
    drift = [sp.Integer(1), *velocity, *(-friction * v for v in velocity)]
    forces = [[*still, *(sp.diff(output, x) for x in position)] for output in network.outputs]
    return sd.Distribution(tuple(sd.VectorField(coords, components) for components in (drift, *forces)))


SHAPES = (
    [(1, r, 1) for r in (1, 2, 3, 4, 5)] + [(1, r, 2) for r in (1, 2, 3, 4)] + [(2, r, 2) for r in (1, 2)] + [(1, 7, 2)]
)


@pytest.mark.parametrize(("outputs", "hidden", "inputs"), SHAPES)
def test_closed_form_of_heavy_ball_is_the_bound_of_its_phase_space(outputs, hidden, inputs):
    """Laws that depend on time are counted as those of the fields of the phase space."""
    closure = sd.involutive_closure(heavy_ball(sd.networks.factorization(outputs, hidden, inputs)))
    dimension = 1 + 2 * (outputs + inputs) * hidden
    assert dimension - closure.rank == momentum_laws(outputs, hidden, inputs)


DEEP = [(1, 2, 2, 1), (2, 1, 2, 1), (2, 2, 1, 2), (1, 2, 1, 2, 1), (1, 1, 2, 1, 2)]


@pytest.mark.parametrize("widths", DEEP)
def test_closed_form_of_deep_heavy_ball_is_the_bound_of_its_phase_space(widths):
    """The other route: no constants of free motion, and the outputs written out."""
    network = sd.networks.linear(*widths)
    closure = sd.involutive_closure(heavy_ball(network))
    assert 1 + 2 * network.dimension - closure.rank == deep_momentum_laws(widths)
