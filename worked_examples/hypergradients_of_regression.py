"""Hypergradients of regularised regression: errors of estimates on real data, and one that is certified.

Ridge regression with one weight exp(y_i) for each coefficient on the diabetes data (442 x 10), and logistic regression
on the means of the breast cancer data (569 x 10), from scikit-learn; the outer loss is that of a test split. Slopes of
the error over the distance from the root show which estimates are quadratic.
"""

import numpy as np
import sympy as sp
from sklearn.datasets import load_breast_cancer, load_diabetes

from symdyn.systems import hypergradient as hg

DISTANCES = np.logspace(-1, -3.5, 10)


def split(X, t):
    order = np.random.default_rng(0).permutation(len(X))
    X, t = (X - X.mean(axis=0)) / X.std(axis=0), t
    half = len(X) // 2
    return X[order[:half]], t[order[:half]], X[order[half:]], t[order[half:]]


X, target = load_diabetes(return_X_y=True)
target = (target - target.mean()) / target.std()
A, b, A_out, b_out = split(X, target)
ridge = hg.ridge(A, b, outer="quadratic", A_out=A_out, b_out=b_out)
X, labels = load_breast_cancer(return_X_y=True)
C, d, C_out, d_out = split(X[:, :10], 2 * labels - 1)
logistic = hg.logistic(C, d, A_out=C_out, b_out=d_out)

for low, high in ((-1, 1), (3, 6)):
    y = np.random.default_rng(1).uniform(low, high, 10)
    for name, problem in (("ridge", ridge), ("logistic", logistic)):
        methods = ["vanilla", "diagonal", "scaled", "exponential", "newton"]
        found = hg.error_curves(problem, y, methods, distances=DISTANCES)
        print(f"{name}, y in [{low}, {high}]: slope, error over distance")
        for method in methods:
            law = found.slopes[method]
            slope = "exact" if law is None else f"{law.exponent:.2f}"
            print(f"  {method:12s} {slope:>6s}   {found.constants[method]:.2e}")

# three features of the same ridge as formulas: a certified gradient, and a proved error of a stopped inner loop
rows, values = np.round(A[:40, 2:5], 2), np.round(b[:40], 2)
x, y = sp.symbols("x1:4"), sp.symbols("y1:4")
exact = [[sp.Rational(str(v)) for v in row] for row in rows]
fit = sum((sum(v * s for v, s in zip(row, x)) - sp.Rational(str(t))) ** 2 for row, t in zip(exact, values)) / 80
energy = fit + sum(sp.exp(w) * s**2 for w, s in zip(y, x)) / 6
problem = hg.bilevel_of_energy(energy, sum(s**2 for s in x) / 2, x, y)
proved = hg.enclose_hypergradient(problem, [0, 0, 0], [0, 0, 0], radius=0.05)
print(f"gradient {np.round(proved.gradient, 6)}, within {proved.radius.max():.0e}: {proved.verdict}")
stopped = proved.root + np.array([0.01, -0.02, 0.01])
error = np.linalg.norm(hg.estimate(problem, stopped, [0.0, 0.0, 0.0]) - proved.gradient)
print(f"stopped inner loop: error below its proved bound: {bool(error <= proved.error_bound(stopped))}")
print(f"newton for every outer loss: {hg.super_efficiency(problem, 'newton', outer='every').verdict}")
