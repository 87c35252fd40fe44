"""Named systems of the literature, and the other programs that they are given to."""
