"""Lyapunov functions: proved by squares or on the parts of a box, refuted by a point."""
