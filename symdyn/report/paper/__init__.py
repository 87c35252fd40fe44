"""Claims of a LaTeX paper: what is marked in the paper, what the claims file means by it, and whether it holds."""
