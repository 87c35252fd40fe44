"""Attention of queries on measures, and networks of it: compositions, products of tilted means, heads that separate."""
