"""How conservation laws fare in real training: a ReLU network on handwritten digits under SGD, momentum and Adam.

Needs PyTorch and scikit-learn (which ships the digits): pip install 'symdyn-toolkit[torch]' scikit-learn
"""

import tempfile
from pathlib import Path

import torch
from sklearn.datasets import load_digits

import symdyn as sd
from symdyn.report.figures import svg_of
from symdyn.training import laws_of_module, monitored

STEPS = 200
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)

OPTIMIZERS = {
    "SGD": lambda parameters: torch.optim.SGD(parameters, lr=0.1),
    "SGD with momentum 0.9": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    "SGD with weight decay": lambda parameters: torch.optim.SGD(parameters, lr=0.1, weight_decay=1e-3),
    "Adam": lambda parameters: torch.optim.Adam(parameters, lr=1e-3),
}


def network():
    """64 - 32 - 16 - 10 with ReLU, the same start every time."""
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 16), torch.nn.ReLU(), torch.nn.Linear(16, 10)
    )


answer = sd.conservation_laws(laws_of_module(network()).network)
print(f"gradient flow has exactly {answer.count} laws: {answer.verdict}")

folder = Path(tempfile.mkdtemp(prefix="symdyn-drift-"))
print(f"curves are drawn to {folder}")
for name, build in OPTIMIZERS.items():
    model = network()
    optimizer = build(model.parameters())
    batches = torch.randint(len(images), (STEPS, 64), generator=torch.Generator().manual_seed(1))
    with monitored(model, optimizer, every=5) as record:
        for batch in batches:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(images[batch]), labels[batch])
            loss.backward()
            record.loss(loss.item())
            optimizer.step()
    drift = record.drift()
    print(f"\n{name}: loss {drift.losses[-1]:.2f}")
    for row in drift.laws:
        print(f"  {row.name}\n    drift {row.drift[-1]:.1e}, predicted {row.predicted[-1]:.1e}: {row.conclusion}")
    (folder / f"{name.lower().replace(' ', '-')}.svg").write_text(svg_of(drift.figure()), encoding="utf-8")
