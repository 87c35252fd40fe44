"""Arrays, trajectories and balls: one seam, `lower`, and a backend behind it."""
