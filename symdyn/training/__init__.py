"""Laws in real training runs: PyTorch modules, optimizers, checkpoints, steps on a leaf."""
