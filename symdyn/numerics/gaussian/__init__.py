"""Expectations of Gaussian variables: closed forms by parts and by pieces, balls, grids, pairs of variables."""
