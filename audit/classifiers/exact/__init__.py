"""The exact answer distribution of a causal language model, from one pass per distinct prompt."""
