"""The appendix of a paper, generated whole: laws with their proof, equilibria with a figure, claims that were measured.

Writes appendix.tex, the figures and symdyn.sty into a folder (the first argument; appendix-of-a-paper otherwise). With
TeX on the machine, `pdflatex appendix.tex` there makes the PDF. The same report is written as a page that opens in any
browser, and as JSON that a reader can load again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import sympy as sp

import symdyn as sd
from symdyn.report.files import write_atomically

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "appendix-of-a-paper")
folder.mkdir(parents=True, exist_ok=True)

# conserved quantities of a chain of two layers
laws = sd.conservation_laws(sd.networks.linear(2, 2, 2))

# where two weights of a scalar chain come to rest, with a weight decay of lambda
u, v, decay = sp.symbols("u v lambda")
loss = (u * v - 1) ** 2 / 2 + decay * (u**2 + v**2) / 2
small = sd.gradient_flow(loss.subs(decay, sp.Rational(1, 4)), (u, v))
rest = sd.equilibria(small, seed=0)
portrait = sd.figures.phase_portrait(small, tuple(rest), window=((-2, 2), (-2, 2)))
spectrum = sd.figures.eigenvalue_plane({f"equilibrium {k}": item for k, item in enumerate(rest, start=1)})
branches = sd.continuation(sd.gradient_flow(loss, (u, v)), decay, (0.1, 1.5))

report = sd.Report.of(
    "Appendix: two layers under weight decay",
    "Conserved without decay", laws,
    "Equilibria at a decay of 1/4", rest, portrait, spectrum,
    "Equilibria over the decay", branches,
    seed=0,
)  # fmt: skip
files = sd.write_latex(report, folder / "appendix.tex", document=True)
write_atomically(folder / "appendix.html", report.html())
write_atomically(folder / "appendix.json", report.json())

print(f"{len(report.blocks)} blocks, {len(report.certificates)} certificates")
print(f"laws: {laws.count}, {laws.verdict.value}; equilibria: {len(rest)}, {rest.completeness.verdict.value}")
for certificate in report.certificates:
    print(f"  {certificate.fingerprint[:12]} re-checked: {certificate.verify().verdict.value}")
for crossing in branches.crossings:
    print(f"  {crossing.kind} at lambda = {crossing.value:.6f}")
print("equal after JSON:", sd.Report.from_json(report.json()) == report)
print(f"{sum(file.suffix == '.pdf' for file in files)} figures; compile {files[-1].name} with pdflatex")
