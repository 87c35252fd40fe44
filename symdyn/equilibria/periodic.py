"""Points of period n of a map: fixed points of its n-th iterate, gathered in cycles."""

from __future__ import annotations

from symdyn.dynamics.iterate import iterate as iterate  # a door for those who follow branches
