"""Kinds of claims, one module each: a new kind is a new module here, and nothing else is edited."""
