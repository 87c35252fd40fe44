"""symdyn: conservation laws, equilibria and claims about the dynamics of learning systems, each with its proof.

Names are loaded at their first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from symdyn.certificate.shown import register_renderer

__version__ = "0.1.0"

_HOMES = {
    "Certificate": "certificate.certificate",
    "Claim": "dynamics.system",
    "Closure": "geometry.closure",
    "Constraint": "geometry.constraint",
    "CountFormula": "dynamics.answers.count_formula",
    "Distribution": "geometry.distribution",
    "Equilibria": "dynamics.answers.equilibrium",
    "Equilibrium": "dynamics.answers.equilibrium",
    "Exhibit": "dynamics.exhibit",
    "Figure": "dynamics.figure",
    "Flow": "dynamics.flow",
    "Iteration": "dynamics.iteration",
    "Law": "dynamics.answers.law",
    "LawCount": "dynamics.answers.law_count",
    "LieAlgebra": "geometry.lie.algebra",
    "Outcome": "dynamics.outcome",
    "Parametrization": "geometry.parametrization",
    "Predictor": "geometry.predictor",
    "ReactionNetwork": "dynamics.reactions.network",
    "Report": "report.report",
    "Richness": "dynamics.answers.richness",
    "Stability": "dynamics.answers.equilibrium",
    "System": "dynamics.system",
    "Table": "dynamics.exhibit",
    "VectorField": "geometry.vector_field",
    "Verdict": "certificate.verdict",
    "basins": "equilibrium.basins",
    "catalog": "systems.catalog",
    "certify": "equilibrium.certify",
    "classify": "equilibrium.classify",
    "conservation_laws": "laws.count",
    "continuation": "equilibrium.continuation",
    "equilibria": "equilibrium.find",
    "gradient_flow": "dynamics.flow",
    "infer_count_formula": "laws.count_formula",
    "involutive_closure": "geometry.closure",
    "is_conserved": "laws.conserved",
    "is_lyapunov": "equilibrium.lyapunov.function",
    "lie_algebra": "geometry.lie.algebra",
    "lie_bracket": "geometry.vector_field",
    "limit_cycles": "equilibrium.cycles",
    "linear_symmetries": "laws.symmetries",
    "matrix_model": "reading.matrix_model",
    "periodic_points": "equilibrium.periodic",
    "reactions": "reading.reactions",
    "richness": "laws.richness",
    "rotating_states": "equilibrium.rotating",
    "study": "report.study",
    "system": "systems.catalog",
    "time": "dynamics.motions.motion",
    "verify_equilibrium": "equilibrium.verify",
    "write_latex": "report.files",
}

#: Modules that are public as they are.
_MODULES = {"figures": "dynamics.figures", "networks": "networks", "training": "training"}

if TYPE_CHECKING:
    from symdyn import networks, training
    from symdyn.certificate.certificate import Certificate
    from symdyn.certificate.verdict import Verdict
    from symdyn.dynamics import figures
    from symdyn.dynamics.answers.count_formula import CountFormula
    from symdyn.dynamics.answers.equilibrium import Equilibria, Equilibrium, Stability
    from symdyn.dynamics.answers.law import Law
    from symdyn.dynamics.answers.law_count import LawCount
    from symdyn.dynamics.answers.richness import Richness
    from symdyn.dynamics.exhibit import Exhibit, Table
    from symdyn.dynamics.figure import Figure
    from symdyn.dynamics.flow import Flow, gradient_flow
    from symdyn.dynamics.iteration import Iteration
    from symdyn.dynamics.motions.motion import time
    from symdyn.dynamics.outcome import Outcome
    from symdyn.dynamics.reactions.network import ReactionNetwork
    from symdyn.dynamics.system import Claim, System
    from symdyn.equilibrium.basins import basins
    from symdyn.equilibrium.certify import certify
    from symdyn.equilibrium.classify import classify
    from symdyn.equilibrium.continuation import continuation
    from symdyn.equilibrium.cycles import limit_cycles
    from symdyn.equilibrium.find import equilibria
    from symdyn.equilibrium.lyapunov.function import is_lyapunov
    from symdyn.equilibrium.periodic import periodic_points
    from symdyn.equilibrium.rotating import rotating_states
    from symdyn.equilibrium.verify import verify_equilibrium
    from symdyn.geometry.closure import Closure, involutive_closure
    from symdyn.geometry.constraint import Constraint
    from symdyn.geometry.distribution import Distribution
    from symdyn.geometry.lie.algebra import LieAlgebra, lie_algebra
    from symdyn.geometry.parametrization import Parametrization
    from symdyn.geometry.predictor import Predictor
    from symdyn.geometry.vector_field import VectorField, lie_bracket
    from symdyn.laws.conserved import is_conserved
    from symdyn.laws.count import conservation_laws
    from symdyn.laws.count_formula import infer_count_formula
    from symdyn.laws.richness import richness
    from symdyn.laws.symmetries import linear_symmetries
    from symdyn.reading.matrix_model import matrix_model
    from symdyn.reading.reactions import reactions
    from symdyn.report.files import write_latex
    from symdyn.report.report import Report
    from symdyn.report.study import study
    from symdyn.systems.catalog import catalog, system

__all__ = [
    "Certificate",
    "Claim",
    "Closure",
    "Constraint",
    "CountFormula",
    "Distribution",
    "Equilibria",
    "Equilibrium",
    "Exhibit",
    "Figure",
    "Flow",
    "Iteration",
    "Law",
    "LawCount",
    "LieAlgebra",
    "Outcome",
    "Parametrization",
    "Predictor",
    "ReactionNetwork",
    "Report",
    "Richness",
    "Stability",
    "System",
    "Table",
    "VectorField",
    "Verdict",
    "basins",
    "catalog",
    "certify",
    "classify",
    "conservation_laws",
    "continuation",
    "equilibria",
    "figures",
    "gradient_flow",
    "infer_count_formula",
    "involutive_closure",
    "is_conserved",
    "is_lyapunov",
    "lie_algebra",
    "lie_bracket",
    "limit_cycles",
    "linear_symmetries",
    "matrix_model",
    "networks",
    "periodic_points",
    "reactions",
    "richness",
    "rotating_states",
    "study",
    "system",
    "time",
    "training",
    "verify_equilibrium",
    "write_latex",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"symdyn.{_MODULES[name]}")
    if name not in _HOMES:
        raise AttributeError(f"symdyn has no name {name!r}; see symdyn.__all__")
    value = getattr(importlib.import_module(f"symdyn.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, and what every module has; not what the lazy loading needs."""
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])


def _renderer() -> Callable[[Any, str], str]:
    rendered: Callable[[Any, str], str] = importlib.import_module("symdyn.report.render").render
    return rendered


register_renderer(_renderer)
