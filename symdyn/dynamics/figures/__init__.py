"""Figures as numbers: what is to be drawn, computed from flows, equilibria and sequences."""

from __future__ import annotations

from symdyn.dynamics.figures.eigenvalue_plane import eigenvalue_plane

__all__ = ["eigenvalue_plane"]
