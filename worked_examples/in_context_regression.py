"""Linear regression by attention alone: slopes of a data set, read off pairs of heads, and a product with a proof."""

from __future__ import annotations

import numpy as np
import sympy as sp
from sklearn.datasets import load_diabetes

from symdyn.systems import in_context_universality as uic

data = load_diabetes()
features = {name: data.data[:, k] for k, name in enumerate(data.feature_names)}


def standardised(values):
    """Mean 0 and variance 1."""
    return (values - values.mean()) / values.std()


# One feature: two heads, tilted by s and -s, carry the target.
x, y = standardised(features["bmi"]), standardised(data.target)
for scale in (0.1, 0.01):
    found = uic.in_context_regression(x, y, scale=scale)
    print(f"s = {scale}: {found.by_heads:.7f} by two heads, {found.exact:.7f} by least squares")

# Two features: two heads for each.
two = np.stack([x, standardised(features["s5"])], axis=1)
found = uic.in_context_regression(two, y, scale=0.01)
by_heads, exact = (", ".join(f"{value:.4f}" for value in part) for part in (found.by_heads, found.exact))
print(f"two features: {by_heads} by four heads, {exact} by least squares")

# A network for a polynomial of tilted means, as weights, with a bound for every context.
m, n = sp.symbols("m n")
network = uic.realise(m * n - m / 3, (m, n), [(1, 0), (2, 1)], grid=sp.Rational(1, 16))
context, queries = np.clip(x / 4, -1, 1), np.linspace(-1, 1, 5)
error = np.abs(network.evaluate(context, queries) - network.exactly(context, queries)).max()
print(f"{network.layers} layers on {network.channels} numbers for each token")
print(f"error {error:.1e}, proved to be at most {network.error_bound}")
print(f"certificate: {network.certificate.verdict}, re-checked: {network.certificate.verify().verdict}")
