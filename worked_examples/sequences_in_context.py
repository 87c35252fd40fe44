"""Does the order of tokens matter to a linear map? Rows of handwritten digits, then the loss of heads of attention.

Each digit of scikit-learn is a sequence of eight tokens, its rows from top to bottom, scaled to unit length where they
are not empty. A linear map is fitted to the first seven, and predicts the last; the same with the rows shuffled.
Own sequences: an array (N, T, d) in a file.npy, given as argument.

    python worked_examples/sequences_in_context.py [file.npy]
"""

from __future__ import annotations

import sys

import numpy as np
from sklearn.datasets import load_digits

from symdyn.systems import in_context_autoregression as ica


def unit_tokens(images):
    lengths = np.linalg.norm(images, axis=2, keepdims=True)
    return images / np.where(lengths > 0, lengths, 1)


own = sys.argv[1:]
sequences = np.load(own[0], allow_pickle=False) if own else unit_tokens(load_digits().images)
print(f"{len(sequences)} sequences of {sequences.shape[1]} tokens in dimension {sequences.shape[2]}")

# 1. least squares of first order, sequence by sequence
fit = ica.ar_fit(sequences, seed=0)
errors = (np.median(fit.next_error), np.median(fit.shuffled_error))
print(f"median error of the next token: {errors[0]:.2f}, shuffled {errors[1]:.2f}")
print(f"median of the difference in [{fit.difference.low:.2f}, {fit.difference.high:.2f}] (95 %)")
print(f"the order helps: {fit.difference.high < 0 and fit.p_value < 0.01} (Wilcoxon: p = {fit.p_value:.1e})")

# 2. what attention could do at best, exactly: heads that predict the next token of every unitary map
best = ica.zero_loss_set(4, 4, 6)
fewer = ica.zero_loss_set(2, 4, 6)
print(f"4 heads, 4 dimensions: least loss {best.minimum}, {best.verdict}; 2 heads: {fewer.minimum}")

# 3. which of these optima training selects is known before it begins
rng = np.random.default_rng(0)
A, B, p = (0.1 * rng.normal(size=shape) for shape in ((4, 4), (4, 4), 6))
selected = ica.selected_optimum(A, B, p)
end = ica.train(A, B, p, time=20.0)
reached, is_zero = abs(end.C[0, 0]), end.loss[-1] < 1e-12
print(f"c = {float(selected.scale):.9f} predicted, {reached:.9f} reached; loss below 1e-12: {is_zero}")
