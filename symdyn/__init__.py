"""symdyn: conservation laws, equilibria and claims about the dynamics of learning systems, each with its proof.

Names are loaded at their first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from symdyn.certificate.shown import register_renderer

__version__ = "0.1.0"

_HOMES = {
    "Certificate": "certificate.certificate",
    "Claim": "dynamics.system",
    "Closure": "geometry.closure",
    "Constraint": "geometry.constraint",
    "CountFormula": "dynamics.count_formula",
    "Distribution": "geometry.distribution",
    "Equilibria": "dynamics.equilibrium",
    "Equilibrium": "dynamics.equilibrium",
    "Figure": "dynamics.figure",
    "Flow": "dynamics.flow",
    "Iteration": "dynamics.iteration",
    "Law": "dynamics.law",
    "LawCount": "dynamics.law_count",
    "Outcome": "dynamics.outcome",
    "Parametrization": "geometry.parametrization",
    "Report": "report.report",
    "Richness": "dynamics.richness",
    "Stability": "dynamics.equilibrium",
    "System": "dynamics.system",
    "VectorField": "geometry.vector_field",
    "Verdict": "certificate.verdict",
    "catalog": "systems.catalog",
    "certify": "equilibria.certify",
    "classify": "equilibria.classify",
    "conservation_laws": "laws.count",
    "equilibria": "equilibria.find",
    "gradient_flow": "dynamics.flow",
    "infer_count_formula": "laws.count_formula",
    "involutive_closure": "geometry.closure",
    "is_conserved": "laws.conserved",
    "lie_bracket": "geometry.vector_field",
    "periodic_points": "equilibria.periodic",
    "richness": "laws.richness",
    "study": "report.study",
    "system": "systems.catalog",
    "time": "dynamics.motion",
    "verify_equilibrium": "equilibria.symbolic",
}

__all__ = [*_HOMES, "networks"]


def __getattr__(name: str) -> Any:
    if name == "networks":
        return importlib.import_module("symdyn.networks")
    if name not in _HOMES:
        raise AttributeError(f"symdyn has no name {name!r}; see symdyn.__all__")
    value = getattr(importlib.import_module(f"symdyn.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def _renderer() -> Callable[[Any, str], str]:
    rendered: Callable[[Any, str], str] = importlib.import_module("symdyn.report.render").render
    return rendered


register_renderer(_renderer)
