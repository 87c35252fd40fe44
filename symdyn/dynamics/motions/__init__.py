"""How parameters are trained: gradient flow, decay, momentum, sign flow, as fields."""
