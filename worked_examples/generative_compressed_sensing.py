"""A handwritten digit from a few random measurements: every linear piece of a small generator is searched.

Three non-negative atoms of scikit-learn's digits are the weights of a generator G(z) = relu(W z) with 64 outputs. It is
linear on finitely many cones of its three latent dimensions, which are listed exactly; so the best fit to any
measurements is a global minimum and not where some descent happened to stop. What is left of the error is split into
what the generator cannot draw, the noise, and an inexact minimum.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import NMF

from symdyn.systems import generative_compressed_sensing as gcs

digits = load_digits()
zeros = digits.data[digits.target == 0] / 16
atoms = NMF(3, init="nndsvda", max_iter=2000, tol=1e-5).fit(zeros).components_
cones = gcs.relu_cones([atoms.T])
print(f"{cones.count} cones, at most {cones.bound} by Cover's count")

digit = zeros[0]
drawn = gcs.recover(np.eye(64), cones, digit)
print(f"the generator draws this digit up to {drawn.residual / np.linalg.norm(digit):.2f} of its length")

rng = np.random.default_rng(0)
for m in (5, 10, 20, 40):
    M = np.eye(m) @ rng.normal(size=(m, 64))
    exact = gcs.recover(M, cones, M @ drawn.signal)
    error = np.linalg.norm(exact.signal - drawn.signal) / np.linalg.norm(drawn.signal)
    noise = 0.02 * np.linalg.norm(M @ digit) * rng.normal(size=m) / np.sqrt(m)
    parts = gcs.error_split(M, cones, digit, noise, 0.01 * np.linalg.norm(noise))
    print(f"r(B) = {gcs.effective_rank(np.eye(m)):.0f}")
    print(f"  what the generator draws: {'recovered exactly' if error < 1e-10 else f'error {error:.1g}'}")
    bound = f"{parts.mismatch:.2f} (mismatch) + {parts.noise:.2f} (noise) + {parts.optimisation:.3f} (minimum)"
    told = f"at most {bound}" if parts.denominator else "without a bound: two cones have six dimensions"
    print(f"  the digit itself: error {parts.error:.2f}, {told}")

weights = np.round(100 * atoms.T)[:, :2].astype(int).tolist()  # two atoms in whole numbers, for a short certificate
for rows in (1, 4):
    M = rng.integers(-9, 10, size=(rows, 64)).tolist()
    apart = gcs.injective_on_range(M, [weights])
    told = f"{apart.verdict.value}, re-checked: {apart.verify().verdict.value}"
    print(f"measurements: {rows}; all drawings of two atoms are told apart: {told}")
