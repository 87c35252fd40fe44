"""Interval branch and prune: all equilibria in a box, or modulo periods, proved with none left out."""
