"""Laws in real training runs: PyTorch modules, optimizers, checkpoints, steps on a leaf."""

from symdyn.training.array_laws import ArrayLaw, laws_on_arrays
from symdyn.training.checkpoints import drift_of_checkpoints
from symdyn.training.leaf import Leaf
from symdyn.training.module_graph import laws_of_module
from symdyn.training.monitor import Monitor
from symdyn.training.steps import monitored

__all__ = ["ArrayLaw", "Leaf", "Monitor", "drift_of_checkpoints", "laws_of_module", "laws_on_arrays", "monitored"]
