"""Does attention with random weights make images alike? Digits as tokens: the outlier, and stable ranks by layer.

Run with a file of your own attention matrices to ask the same of it:

    python rank_collapse.py weights.npz      # arrays (T, T), each of whose rows sums to 1
"""

import sys

import numpy as np
from sklearn.datasets import load_digits

from symdyn.systems import rank_collapse as gap

tokens, layers = 150, 4
X = load_digits().data[:tokens]
X = X - X.mean(axis=0)  # without the mean image, to which all digits are close
X = X / np.linalg.norm(X, axis=1, keepdims=True)  # (T, d), rows of unit length
d = X.shape[1]
print(f"{tokens} digits of {d} pixels: T/d = {tokens / d:.2f}, above 1 and so outside of the proof of the paper")

# one layer: keys and queries as they are drawn by default in practice
A = gap.key_query_attention(X, initialisation="xavier", seed=1)
found = gap.spectral_gap(A)
first, second = found.singular_values[:2]
print(f"s_1/s_2 = {first / second:.2f}: one singular value leads, all others are below {second:.2g}")
print(f"proved: {gap.certified_gap(A).claim.partition('satisfy ')[2]}")

# several layers: attention of the tokens of each; with layer norm, or tokens without outlier would fade
values = np.random.default_rng(0).normal(size=(layers, d, d))


def attention(state, layer):
    return gap.key_query_attention(state, initialisation="xavier", seed=layer)


for name, removed in (("as it is", False), ("outlier removed", True)):
    run = gap.propagate(X, attention, values, remove_outlier=removed, layer_norm=True)
    print(f"stable rank of X X^T by layer, {name}: {run.gram_stable_ranks.round(3)}")

print(gap.rate_table([1, 2]))  # what happens to isometric tokens as T grows, in LaTeX

if len(sys.argv) > 1:
    for name, matrix in np.load(sys.argv[1]).items():
        print(name, gap.spectral_gap(matrix).gap)
        print(name, gap.certified_gap(matrix).claim)
        print(name, gap.spectral_gap(gap.markov_attention(len(matrix), seed=0)).gap, "for independent entries")
