"""In-context prediction of the next token: rows of images, and a chaotic map that is typed as a formula.

Layers of attention with two heads learn x_{t+1} = f(x_t) from the tokens so far, as Kaczmarz' iteration does with the
same kernel. Here their limit predicts the next row of handwritten digits (8 x 8, from scikit-learn) under three
kernels, beside "the next row is the last one"; and the next point of the logistic map 4 x (1 - x), lifted to the circle
by x = (1 - cos)/2, where it doubles the angle.
"""

import numpy as np
import sympy as sp
from sklearn.datasets import load_digits

from symdyn.systems import causal_kernel_descent as ckd

KERNELS = ("linear", "exponential", "softmax")

images = load_digits().images
images = images[(images.sum(axis=2) > 0).all(axis=1)][:400]
tokens = images / np.linalg.norm(images, axis=2, keepdims=True)

errors = {name: np.mean([ckd.fixed_point(X, kernel=name).errors for X in tokens], axis=0) for name in KERNELS}
errors["last row"] = np.linalg.norm(np.diff(tokens, axis=1), axis=2).mean(axis=0)
print(f"{len(tokens)} digits, mean error of the next row by token")
print("token      " + " ".join(f"{t:6d}" for t in range(1, 8)))
for name, mean in errors.items():
    print(f"{name:10s} " + " ".join(f"{error:6.3f}" for error in mean))
below = [t + 1 for t in range(7) if errors["softmax"][t] < errors["last row"][t]]
print(f"softmax is below the last row at tokens {below}: a row of a digit is no function of the one before")

depth = ckd.exact_depth(tokens[0], kernel="exponential")
print(f"layers until each token is exact: {depth.tolist()}")

doubling = ["x1**2 - x2**2", "2*x1*x2"]
chaos = ckd.orbit(doubling, [np.cos(1), np.sin(1)], length=600, normalise=True)
print("doubling the angle, mean error over t = 501..600")
for name in KERNELS:
    print(f"{name:12s} {ckd.fixed_point(chaos, kernel=name).errors[500:].mean():.4f}")

# a point of period three, (1/7 of a turn): exact tokens, and a proof
angles = [2 * sp.pi * sp.Rational(k, 7) for k in (1, 2, 4)]
period = sp.Matrix([[sp.cos(angle), sp.sin(angle)] for angle in angles])
rate = ckd.periodic_rate(period)
checked = rate.certificate.verify().verdict
print(f"period three, exponential: factor {float(rate.per_period):.6f} in a period, {checked}")
linear = ckd.periodic_rate(np.array(period.tolist(), dtype=float), kernel="linear")
print(f"period three, linear: converges {linear.converges}, errors remain: {np.round(linear.cycle, 4).tolist()}")
limits = ckd.softmax_limits(period)
print("period three, softmax: t times the error tends to", ", ".join(f"{float(c):.6f}" for c in limits.constants))
