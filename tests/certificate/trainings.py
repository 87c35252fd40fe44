"""Certificates that training converges, of networks small enough for thousands of changes."""

from symdyn.systems.conditional_transport_resnet import forward, local_convergence, single_hidden_layer


def convergent(activation, weights, inputs, away, *, bias=False, bits=64):
    """Targets stand a little away from the outputs of dyadic weights."""
    feature = single_hidden_layer(len(inputs[0]), activation, bias=bias)
    outputs = forward(feature, weights, inputs)[-1]
    targets = ((outputs * 2**16).round() / 2**16) + away
    return local_convergence(feature, weights, inputs, targets, bits=bits).certificate


SMALL = 2.0**-9
TRAININGS = {
    "training: one neuron": lambda: convergent("tanh", [[[0.25, 1.0]]], [[1.0]], SMALL),
    "training: two layers": lambda: convergent(
        "tanh", [[[0.25, 1.0], [0.5, 0.75]], [[-0.25, 1.5]]], [[0.75]], SMALL / 4
    ),
    "training: with bias": lambda: convergent(
        "sigmoid", [[[0.25, 1.0, 0.5]], [[0.0, -1.0, 0.25]]], [[1.0]], SMALL, bias=True
    ),
    "training: in the plane": lambda: convergent("sin", [[[0.25, 0.5, 1.0, 0.5]]], [[0.5, 1.0]], SMALL, bits=80),
    "training: two samples": lambda: convergent("atan", [[[0.5, 1.0], [0.25, 3.0]]], [[1.0], [0.5]], 2.0**-15),
    "training: erf": lambda: convergent("erf", [[[0.25, 1.0]], [[0.25, 0.5]]], [[-1.0]], SMALL / 8),
}
