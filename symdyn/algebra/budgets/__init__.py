"""Budgets of seconds and of function calls, which long loops look at."""
