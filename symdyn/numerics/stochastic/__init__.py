"""Row-stochastic matrices: their outlier, products, spectra beside the limits, attention of keys and queries."""
