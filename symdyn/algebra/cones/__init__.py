"""Polyhedral cones in exact arithmetic: regions of ReLU networks, least squares and collisions on them."""
