"""Equilibria modulo what is continuous: rotations of spheres, and angles as points of circles."""
