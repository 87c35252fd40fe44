"""From a model to proved bounds: verified laws below, brackets at one point above."""
