"""Losses on log-probabilities and scores: pure functions with equation, source and shapes.

P counts pairs (chosen, rejected), R responses, K the responses of one prompt; logarithms are
natural.
"""
