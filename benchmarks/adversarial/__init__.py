"""A slow route to the number of conservation laws, and random models on which the engine is compared with it."""
