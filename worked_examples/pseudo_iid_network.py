"""Digits through wide random networks: the kernel of the limit at the edge of chaos and off it, and a finite width.

Ridge classification with the kernel of deep tanh networks keeps its accuracy at the edge; away from it images become
alike, or lose what they had in common. Data: 300 of the digits that come with scikit-learn.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from symdyn.systems import pseudo_iid_network as pid

TRAIN, TEST = 240, 60


def accuracy(kernel: np.ndarray, labels: np.ndarray) -> float:
    """Of ridge regression on one-hot labels, trained on the first images and tested on the others."""
    targets = np.eye(10)[labels[:TRAIN]]
    ridge = 1e-6 * np.trace(kernel[:TRAIN, :TRAIN]) / TRAIN
    weights = np.linalg.solve(kernel[:TRAIN, :TRAIN] + ridge * np.eye(TRAIN), targets - 0.1)
    return float((np.argmax(kernel[TRAIN:, :TRAIN] @ weights, axis=1) == labels[TRAIN:]).mean())


def main() -> None:
    """Print what was found."""
    images, labels = load_digits(return_X_y=True)
    X, y = images[: TRAIN + TEST] / 16, labels[: TRAIN + TEST]
    X = X * np.sqrt(X.shape[1]) / np.linalg.norm(X, axis=1, keepdims=True)

    (edge,) = pid.edge_of_chaos("tanh", bias_variance=0.05)
    print(f"edge of chaos of tanh at sigma_b^2 = 0.05: sigma_w^2 = {float(edge.weight_variance):.6f}, proved")
    places = {"ordered": 1.0, "at the edge": float(edge.weight_variance), "chaotic": 4.0}
    for name, weight in places.items():
        (point,) = pid.variance_fixed_points("tanh", weight_variance=round(weight, 9), bias_variance=0.05)
        found = [
            accuracy(pid.nngp_kernel("tanh", X, depth, weight_variance=weight, bias_variance=0.05), y)
            for depth in (2, 10, 40)
        ]
        shown = ", ".join(f"{value:.2f}" for value in found)
        print(f"{name}: chi = {float(point.chi):.3f}; accuracy at depth 2, 10, 40: {shown}")
        if name == "at the edge":
            print("kept at the edge:", found[-1] > 0.8)

    test = pid.finite_width_test(
        "tanh", [64] * 4, weight_variance=1.76, bias_variance=0.05, inputs=X[:2], draws=200, seed=1
    )
    print(f"width 64, layer 4: variance {test.variance[-1]}, in the limit {test.predicted[-1]:.4f}")
    print("the limit lies within a tenth:", abs(test.variance[-1].mean / test.predicted[-1] - 1) < 0.1)


if __name__ == "__main__":
    main()
