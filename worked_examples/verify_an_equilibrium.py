"""Is this state an equilibrium, and when is it stable? Answers with the inequality itself, then with a certificate.

Two tokens attend to each other on the circle. They rest when they point in opposite directions along an eigenvector of
V; whether they stay there depends on the inverse temperature beta. A formula with a parameter gives the threshold, a
number gives an exact stability, and continuation sees the same threshold in floats.
"""

from __future__ import annotations

import sympy as sp

import symdyn as sd

beta = sp.Symbol("beta", positive=True)
V = [[2, 0], [0, 1]]
attention = sd.system("multistable_self_attention", V=V, B=V, tokens=2, beta=beta)
flow = attention.flow
opposite = dict(zip(flow.coords, (1, 0, -1, 0), strict=True))

candidate = sd.verify_equilibrium(flow, opposite)
print(candidate.text())

at_one = sd.system("multistable_self_attention", V=V, B=V, tokens=2, beta=1).flow
stability = sd.classify(at_one, opposite)
print(f"beta = 1: {stability.conclusion}, {stability.stable} stable directions, {stability.verdict.value}")
certificate = sd.certify(at_one, opposite)
print(f"certificate: {certificate.verdict.value}, re-checked: {certificate.verify().verdict.value}")

wrong = sd.verify_equilibrium(flow, dict(zip(flow.coords, (1, 0, 0, 1), strict=True)))
print(f"tokens along both axes: {wrong.verdict.value}")

followed = sd.continuation(flow, beta, (0.1, 1), start=opposite, at=0.5, switch=False)
(crossing,) = followed.crossings
threshold = float(sp.atanh(sp.S.Half) / 2)
print(f"continuation: {crossing.kind} at beta = {crossing.value:.6f}; atanh(1/2)/2 = {threshold:.6f}")
