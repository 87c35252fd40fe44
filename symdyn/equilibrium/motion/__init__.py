"""Trajectories: where they come to rest, return or go round."""
