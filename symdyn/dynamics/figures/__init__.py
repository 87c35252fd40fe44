"""Figures as numbers: what is to be drawn, computed from flows, equilibria and sequences."""

from __future__ import annotations

from symdyn.dynamics.figures.basin_map import basin_map, flow_basins
from symdyn.dynamics.figures.clouds import cloud
from symdyn.dynamics.figures.configurations import configurations
from symdyn.dynamics.figures.curves import bifurcation_diagram, bound_scaling, curves, training_curve
from symdyn.dynamics.figures.distributions import band, histogram, scatter
from symdyn.dynamics.figures.eigenvalue_plane import eigenvalue_plane
from symdyn.dynamics.figures.heat_map import heat_map
from symdyn.dynamics.figures.heat_maps import heat_maps
from symdyn.dynamics.figures.intervals import intervals, sectors
from symdyn.dynamics.figures.loss_landscape import loss_landscape
from symdyn.dynamics.figures.phase_portrait import phase_portrait
from symdyn.dynamics.figures.real_spectra import real_spectra

__all__ = [
    "band",
    "basin_map",
    "bifurcation_diagram",
    "bound_scaling",
    "cloud",
    "configurations",
    "curves",
    "eigenvalue_plane",
    "flow_basins",
    "heat_map",
    "heat_maps",
    "histogram",
    "intervals",
    "loss_landscape",
    "phase_portrait",
    "real_spectra",
    "scatter",
    "sectors",
    "training_curve",
]
