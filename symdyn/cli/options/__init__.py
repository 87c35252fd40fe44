"""Options that commands share: the model, the dynamics, where results go, what is shown meanwhile."""
