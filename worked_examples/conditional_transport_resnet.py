"""Flowers in a residual network: training in conditional transport, what it travels, and when it provably converges."""

from __future__ import annotations

import numpy as np

from symdyn.systems.conditional_transport_resnet import (
    conditional_distance,
    iris,
    local_convergence,
    neuron_laws,
    product_distance,
    single_hidden_layer,
    train,
)

LAYERS, WIDTH = 10, 60

feature = single_hidden_layer(4, "tanh", bias=True)
rng = np.random.default_rng(0)
start = rng.normal(size=(LAYERS, WIDTH, feature.q)) * np.repeat([0.5, 1.0], [4, feature.q - 4])

# twenty flowers, each to be carried to the mean of its species
flowers, means = iris(20)
trained = train(feature, start, flowers, means, duration=50, samples=6)
print("risk: " + ", ".join(f"{one:.4f}" for one in trained.risks))
print(f"time is that of the metric: gradients are {trained.scale[0]} times the partial derivatives")

moved = conditional_distance(start, trained.weights)
along = product_distance(start, trained.weights, depths=np.arange(LAYERS) / LAYERS)
print(f"path {trained.length:.3f}, distance {float(moved):.3f} by depth, {float(along):.3f} if depth may change too")

known = local_convergence(feature, trained.weights, flowers, means)
print(f"convergence of twenty flowers is {known.verdict}: least eigenvalue {known.profile[:, 0].min():.1e}")

# one flower of each species: few enough for a proof
few, targets = iris(3)
weights = start
for _ in range(6):
    weights = train(feature, weights, few, targets, duration=30, samples=2).weights
    known = local_convergence(feature, weights, few, targets)
    print(f"risk {known.risk:.1e}: {known.verdict}")
    if known.certificate is not None:
        print(f"falls at least like exp(-{known.rate:.4f} t), within {known.radius_needed:.1e} of the weights")
        print(f"verified again: {known.certificate.verify().verdict}")
        break

print(f"laws that each neuron keeps for all data: {neuron_laws(feature).count}")
