"""Targets behind a network: how they are asked, and what protects keys, budgets and answers."""
