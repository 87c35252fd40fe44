"""Conservation laws of a model of your own: formulas in, a proved count and LaTeX out.

The model is a two-layer linear network with a learned bias and a skip: phi = (U V^T + s I, U b).
"""

import sympy as sp

import symdyn as sd

U = sp.Matrix(2, 2, sp.symbols("u1_1 u1_2 u2_1 u2_2"))
V = sp.Matrix(2, 2, sp.symbols("v1_1 v1_2 v2_1 v2_2"))
b = sp.Matrix(sp.symbols("b1 b2"))
s = sp.Symbol("s")

model = sd.Parametrization((*U, *V, *b, s), [*(U * V.T + s * sp.eye(2)), *(U * b)])
answer = sd.conservation_laws(model)
print(answer.text())

# every law can be asked about on its own, and so can a wrong guess
balance = U.T * U - V.T * V - b * b.T
print("U^T U - V^T V - b b^T:", sd.is_conserved(balance, model).verdict)
print("U^T U - V^T V:        ", sd.is_conserved(U.T * U - V.T * V, model).verdict)

print(answer.latex())
