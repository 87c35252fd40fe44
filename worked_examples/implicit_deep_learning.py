"""More inner steps at test time, for a start that eight groups of patients share.

Scikit-learn's diabetes data in groups by sex and quartile of age, a task each: N steps of ridge regression from a start
theta that all tasks share, and theta is trained on the validation loss after N steps. Does it pay to take more steps
afterwards? Asked of the training loss, of the loss on other patients, and, exactly, of every loss there could be.
"""

import numpy as np
import sympy as sp
from sklearn.datasets import load_diabetes

from symdyn.systems import implicit_deep_learning as idl

data = load_diabetes(scaled=False)
columns = [data.feature_names.index(name) for name in ("bmi", "bp", "s5")]
chosen, target = data.data[:, columns], data.target
# one decimal of the standardised numbers, so that the same data are fractions
X = np.round(10 * (chosen - chosen.mean(axis=0)) / chosen.std(axis=0)).astype(int)
y = np.round(10 * (target - target.mean()) / target.std()).astype(int)
sex, age = data.data[:, 1], data.data[:, 0]
quartile = np.searchsorted(np.quantile(age, [0.25, 0.5, 0.75]), age)
groups = [np.flatnonzero((sex == s) & (quartile == q)) for s in (1, 2) for q in range(4)]

TEN = sp.Integer(10)


def rows(part):
    """Features and targets of every third patient of each group, from this one on."""
    return [(sp.Matrix(X[g[part::3]].tolist()) / TEN, sp.Matrix(y[g[part::3]].tolist()) / TEN) for g in groups]


def outer(part):
    """The mean over groups of their mean squared errors, halved."""
    blocks = rows(part)
    # n different roots of numbers of patients would need a large field: weights are rational to three digits
    weights = [sp.Rational(round(1000 / np.sqrt(F.rows)), 1000) for F, _ in blocks]
    K_out = sp.diag(*(weight * F for weight, (F, _) in zip(weights, blocks, strict=True)))
    w = sp.Matrix.vstack(*(weight * v for weight, (_, v) in zip(weights, blocks, strict=True)))
    return idl.QuadraticLoss(K_out, w, scale=sp.Rational(1, len(blocks)))


tasks = [(F.T * F / F.rows, F.T * v / F.rows) for F, v in rows(0)]
inner = idl.meta_learning(tasks, step=sp.Rational(1, 10), proximal=sp.Rational(1, 2))
training, other = outer(1), outer(2)
print(f"{len(groups)} groups of {min(map(len, groups))} to {max(map(len, groups))} patients, {inner.states} states, "
      f"{inner.parameters} shared parameters")  # fmt: skip

table = idl.performance_table(
    inner.in_floats(), training.in_floats(), range(1, 13), range(-3, 13), test_loss=other.in_floats()
)
for loss in ("training", "test"):
    table.figure(loss=loss)  # in a notebook: the heat map
    values = table.train if loss == "training" else table.test
    changes = [[x for x in row if x is not None] for row in values]
    falls = np.mean([x < -1e-12 for row in changes for x in row])
    print(f"{loss:8s} loss: falls for {falls:.0%} of the pairs (N, M), least D {min(map(min, changes)):.5f}")
    print("  N = 5:  " + "  ".join(f"M = {M}: {values[4][table.changes.index(M)]:+.5f}" for M in (-3, -1, 1, 5, 12)))

# the same data are fractions: the verdict is about every outer loss
found = idl.no_gain(inner, 5, 1)
example = found.counterexample
print(f"eight tasks, from 5 to 6 steps: {found.verdict}, some loss falls by {-float(example.change):.4f}")
print("re-checked:", found.certificate.verify().verdict)
reached = idl.reachability(inner, 5)
print(f"training reaches {reached.rank} of {reached.needed} dimensions")
one = idl.meta_learning(tasks[:1], step=sp.Rational(1, 10), proximal=sp.Rational(1, 2))
alone = idl.reachability(one, 5)
print(f"one task alone: no change gains, for any loss: {alone.certificate.verify().verdict}")
print(f"rate of the inner iteration: {float(idl.contraction_rate(inner.in_floats())):.4f}")
