"""Architectures, each a program: nothing is expanded until a reader asks for formulas."""

from symdyn.networks.activations import gated, homogeneous
from symdyn.networks.attention import attention, query_key
from symdyn.networks.convolution import circular_convolution, convolution, relu_convolution
from symdyn.networks.factorization import autoencoder, factorization, low_rank_adaptation, tied
from symdyn.networks.input_convex import input_convex
from symdyn.networks.layer_graph import layer_graph
from symdyn.networks.linear import linear
from symdyn.networks.normalisation import batch_normalisation, layer_normalisation, weight_normalisation
from symdyn.networks.recurrence import linear_recurrence
from symdyn.networks.relu import relu
from symdyn.networks.relu_graph import relu_graph
from symdyn.networks.residual import learned_skip, relu_residual, residual
from symdyn.networks.softmax_head import linear_softmax, softmax_head

__all__ = [
    "attention",
    "autoencoder",
    "batch_normalisation",
    "circular_convolution",
    "convolution",
    "factorization",
    "gated",
    "homogeneous",
    "input_convex",
    "layer_graph",
    "layer_normalisation",
    "learned_skip",
    "linear",
    "linear_recurrence",
    "linear_softmax",
    "low_rank_adaptation",
    "query_key",
    "relu",
    "relu_convolution",
    "relu_graph",
    "relu_residual",
    "residual",
    "softmax_head",
    "tied",
    "weight_normalisation",
]
