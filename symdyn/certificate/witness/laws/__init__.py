"""Records of what is conserved: models, laws, counts, closures, symmetries."""
