"""Architectures, each a program: nothing is expanded until a reader asks for formulas."""

from symdyn.networks.linear import linear
from symdyn.networks.relu import relu
from symdyn.networks.relu_graph import relu_graph

__all__ = ["linear", "relu", "relu_graph"]
