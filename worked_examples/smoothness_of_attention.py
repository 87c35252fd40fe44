"""How steep attention is on English text, beside inputs that are made to be worst, at random weights and from a file.

The text is the documentation that ships with Python; every word gets a random vector, and one head random weights.
"""

import re
import sys
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np

from symdyn.numerics.estimate import power_law_fit
from symdyn.systems import attention_lipschitz as lip

lengths, d, k = [4, 8, 16, 32], 4, 2
rng = np.random.default_rng(0)

words = re.findall(r"[a-z]+", " ".join(topics.values()).lower())
vectors = {word: rng.normal(size=d) for word in dict.fromkeys(words)}
sequence = np.array([vectors[word] for word in words])
print(f"{len(words):,} words, {len(vectors):,} different ones")

Q, K, V = (rng.normal(size=(rows, d)) / np.sqrt(d) for rows in (k, k, d))
A = lip.scores_matrix(Q, K)
text = lip.growth(sequence, lengths, A, V, draws=10)
print("English text:      ", text.exponent)

radius = text.radius_rms[-1]
worst = [lip.worst_input(A, V, tokens=n, radius=radius, method="two-valued") for n in lengths]
print("two-valued tokens: ", power_law_fit(lengths, [one.constant for one in worst]))
for n, one, found in zip(lengths, text.constants, worst, strict=True):
    bound = lip.bounds(n, radius, A, V).three_term
    print(f"n = {n:2}: text {float(one):6.2f}, two-valued {found.constant:6.2f}, bound {bound.value:8.2f}")

# the same from a checkpoint: an .npz file with Q, K, V, or with the fused c_attn of GPT-2
path = sys.argv[1] if len(sys.argv) > 1 else "heads.npz"
if not Path(path).exists():
    np.savez(path, Q=Q, K=K, V=V)
scores, values = lip.read_weights(path)
again = lip.local_lipschitz(sequence[:16, : scores.shape[-1]], scores, values)
print(f"16 words from {path}: {again.value:.4f}, residual {again.residual:.0e}, {again.method}")
