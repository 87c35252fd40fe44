"""Optimal transport: plans and potentials, certified where asked for; entropic plans; Wasserstein distances."""

from symdyn.numerics.transport.directions import DirectionSearch, largest_value
from symdyn.numerics.transport.distances import gaussian_wasserstein, line_distances, wasserstein
from symdyn.numerics.transport.entropic import EntropicPlan, entropic_plan
from symdyn.numerics.transport.plans import Transport, transport_plan

__all__ = [
    "DirectionSearch",
    "EntropicPlan",
    "Transport",
    "entropic_plan",
    "gaussian_wasserstein",
    "largest_value",
    "line_distances",
    "transport_plan",
    "wasserstein",
]
