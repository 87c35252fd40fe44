"""Laws of networks by their widths: a count for each, what is in hand, and the anomaly of scalar chains."""

import networkx as nx

import symdyn as sd

for widths in [(2, 3, 2), (4, 5, 5, 2), (1, 2, 2, 1), (1, 3, 3, 1)]:
    answer = sd.conservation_laws(sd.networks.linear(*widths))
    print(f"linear {widths}: {answer.count} laws, {answer.exhibited} in hand, {answer.verdict}")

for widths in [(9, 7, 2), (784, 512, 512, 10)]:
    answer = sd.conservation_laws(sd.networks.relu(*widths, bias=True))
    print(f"ReLU {widths} with biases: {answer.count} laws among {answer.dimension:,} parameters, {answer.verdict}")

skip = nx.DiGraph([("x", "h1"), ("x", "h2"), ("h1", "h2"), ("h1", "y"), ("h2", "y"), ("x", "y")])
answer = sd.conservation_laws(sd.networks.relu_graph(skip, bias=True))
print(f"ReLU with skips: {answer.count} laws, {answer.verdict}")
print(answer.laws[0].expression.T)
