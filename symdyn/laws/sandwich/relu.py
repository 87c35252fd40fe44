"""ReLU networks: exact counts from the graph alone.

One law for each hidden neuron: every path that enters a hidden neuron leaves it as often, so the exponents of the
paths are orthogonal to +1 on its outgoing and -1 on its incoming edges and bias. No more: with one outgoing edge of
each hidden neuron set aside, every other parameter has a path on which all others that are kept come earlier, so these
paths form a unitriangular minor, whose determinant is 1 over the integers.
"""

from __future__ import annotations

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.law import Law, NeuronBalance
from symdyn.laws.sandwich.engines import Pieces, pieces_of
from symdyn.laws.sandwich.evidence import Budget, Evidence
from symdyn.networks.relu import ReluNetwork
from symdyn.networks.relu_graph import ReluGraph


@pieces_of.register(ReluNetwork)
@pieces_of.register(ReluGraph)
def _paths(network: ReluNetwork | ReluGraph, *, seed: int, degree: int | None, budget: Budget) -> Pieces:
    return [(None, relu_evidence(network))]


def relu_evidence(network: ReluNetwork | ReluGraph) -> Evidence:
    """The exact count; its witness is the graph."""
    hidden = network.hidden_count
    balance = NeuronBalance(network.neurons, hidden, lambda: network.coords)
    laws = [Law(balance, source="path structure")] if hidden else []
    rank = network.dimension - hidden
    return Evidence(
        dimension=network.dimension,
        lower=hidden,
        upper=hidden,
        exhibited=hidden,
        laws=laws,
        verdict=Verdict.PROVED,
        method=[
            f"no more: {rank} paths whose exponents form a unitriangular minor (determinant 1 over the integers)",
            "no fewer: every path enters a hidden neuron as often as it leaves it",
        ],
        witness={"by": "paths", "laws": [law.form.to_data() for law in laws]},
        levels=(rank,),
    )
