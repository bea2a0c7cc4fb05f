"""Heads, ensembles and their weights: what makes a reward of a model."""
