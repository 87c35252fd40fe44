"""What following the laws costs in a training step: the same run with and without it, for a million weights.

Prints the mean time of a step in both runs, taken in turns of ten steps, and two ratios. Needs PyTorch.
"""

from __future__ import annotations

import statistics
import time

try:
    import torch
except ImportError:
    raise SystemExit("PyTorch is not installed: pip install 'symdyn-toolkit[torch]'") from None

from symdyn.training.steps import monitored

WIDTHS = (784, 800, 400, 100, 10)
STEPS, BLOCK, BATCH, EVERY = 2000, 10, 64, 10


def network(*, relu: bool) -> torch.nn.Sequential:
    torch.manual_seed(0)
    layers: list[torch.nn.Module] = []
    for before, after in zip(WIDTHS, WIDTHS[1:], strict=False):
        layers.append(torch.nn.Linear(before, after, bias=relu))
        layers += [torch.nn.ReLU()] if relu else []
    return torch.nn.Sequential(*(layers[:-1] if relu else layers))


class Run:
    """Training of one network, with its time."""

    def __init__(self, *, relu: bool) -> None:
        self.model = network(relu=relu)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=1e-2)
        self.inputs, self.labels = torch.randn(BATCH, WIDTHS[0]), torch.arange(BATCH) % WIDTHS[-1]
        self.blocks: list[float] = []

    def train(self, steps: int) -> None:
        started = time.perf_counter()
        for _ in range(steps):
            self.optimizer.zero_grad()
            torch.nn.functional.cross_entropy(self.model(self.inputs), self.labels).backward()
            self.optimizer.step()
        self.blocks.append(time.perf_counter() - started)

    def milliseconds(self) -> float:
        """Mean time of a step."""
        return sum(self.blocks) / (len(self.blocks) * BLOCK) * 1e3


def compared(*, relu: bool) -> tuple[Run, Run]:
    """A run and the same run followed, in turns of a few steps, so that both meet the same machine."""
    plain, followed = Run(relu=relu), Run(relu=relu)
    for run in (plain, followed):
        run.train(BLOCK)
        run.blocks.clear()
    with monitored(followed.model, followed.optimizer, every=EVERY):
        for turn in range(STEPS // BLOCK):
            for run in (plain, followed) if turn % 2 else (followed, plain):
                run.train(BLOCK)
    return plain, followed


def main() -> None:
    size = sum(p.numel() for p in network(relu=True).parameters())
    print(f"{size:,} parameters, batch {BATCH}, {STEPS} steps, one in {EVERY} recorded\n")
    print("| network | ms a step | followed, ms | of all time | median turn |\n| --- | --- | --- | --- | --- |")
    for relu in (True, False):
        plain, followed = compared(relu=relu)
        a, b = plain.milliseconds(), followed.milliseconds()
        median = statistics.median(followed.blocks) / statistics.median(plain.blocks)
        print(f"| {'ReLU' if relu else 'linear'} | {a:.2f} | {b:.2f} | {b / a:.3f} | {median:.3f} |")


if __name__ == "__main__":
    main()
