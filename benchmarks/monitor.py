"""What following the laws costs in a training step: the same run with and without it, for a million weights.

Prints the median time of a step in both runs, taken in turns, and their ratio. Needs PyTorch.
"""

from __future__ import annotations

import statistics
import time
from contextlib import nullcontext

try:
    import torch
except ImportError:
    raise SystemExit("PyTorch is not installed: pip install 'symdyn-toolkit[torch]'") from None

from symdyn.laws.training import monitored

WIDTHS = (784, 800, 400, 100, 10)
STEPS, ROUNDS, BATCH, EVERY = 1000, 5, 64, 10


def network(*, relu: bool) -> torch.nn.Sequential:
    torch.manual_seed(0)
    layers: list[torch.nn.Module] = []
    for before, after in zip(WIDTHS, WIDTHS[1:], strict=False):
        layers.append(torch.nn.Linear(before, after, bias=relu))
        layers += [torch.nn.ReLU()] if relu else []
    return torch.nn.Sequential(*(layers[:-1] if relu else layers))


def milliseconds(*, relu: bool, every: int | None) -> float:
    """Mean time of a step."""
    model = network(relu=relu)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2)
    x, labels = torch.randn(BATCH, WIDTHS[0]), torch.arange(BATCH) % WIDTHS[-1]
    with monitored(model, optimizer, every=every) if every else nullcontext():
        started = time.perf_counter()
        for _ in range(STEPS):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x), labels).backward()
            optimizer.step()
        return (time.perf_counter() - started) / STEPS * 1e3


def main() -> None:
    size = sum(p.numel() for p in network(relu=True).parameters())
    print(f"{size:,} parameters, batch {BATCH}, {STEPS} steps, one in {EVERY} recorded, median of {ROUNDS} rounds\n")
    print("| network | ms a step | followed, ms | followed / plain |\n| --- | --- | --- | --- |")
    for relu in (True, False):
        pairs = [(milliseconds(relu=relu, every=None), milliseconds(relu=relu, every=EVERY)) for _ in range(ROUNDS)]
        plain, followed = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        print(f"| {'ReLU' if relu else 'linear'} | {plain:.2f} | {followed:.2f} | {ratio:.3f} |")


if __name__ == "__main__":
    main()
