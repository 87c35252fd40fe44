"""The same handwritten digits in two feature spaces, matched without any label or pair.

One space has the 64 pixels, the other sums of rows and columns and means of 2 x 2 blocks, turned by a rotation. A
sparse map between them is found together with the coupling; how good it is, labels and true pairs say afterwards.
"""

import numpy as np

from symdyn.systems import structured_transport as rot

model = rot.build("digits").model
X, Y, labels = model.X[:100], model.Y[:100], model.labels[:100]
X, Y = X - X.mean(axis=0), Y - Y.mean(axis=0)

critical = rot.critical_epsilon(X, Y)
print(f"the product coupling is unstable below epsilon = {critical.value:.3f}, for POT {critical.pot_value:.3f}")
print("by chance: labels 0.10, FOSCTTM 0.5")

epsilon = 0.02 * critical.value
for regularizer, weight in (("quadratic", None), ("l1", 0.01), ("l12", 0.05)):
    found = rot.solve(X, Y, epsilon=epsilon, regularizer=regularizer, weight=weight, tolerance=1e-5, max_iterations=60)
    accuracy = rot.label_transfer(found.P, Y, labels, labels)
    missed = rot.foscttm(found.map(X), Y)
    falls = bool(np.diff(found.energies).max() < 1e-4 * abs(found.energy))
    quality = f"labels {accuracy:.2f}  FOSCTTM {missed:.3f}  zeros {found.zeros:4.1f} %"
    print(f"{regularizer:<10} {quality}  energies fall: {falls}")

small = [np.round(10 * points[:12, :2] @ np.eye(2)).astype(int) for points in (X[:, [20, 28]], Y)]
best = rot.global_optimum(*small)
print(f"twelve images, two features each: least energy {best.value}, {best.verdict}")
print(f"re-checked: {best.certificate.verify().verdict}")
