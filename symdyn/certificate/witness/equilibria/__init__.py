"""Records of equilibria and of their number."""
