"""Tokens on spheres: attention as it is given, its flow, norms, cones, power iteration."""
