"""Norms of matrices, and suprema of norms over boxes."""
