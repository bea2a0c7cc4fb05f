"""Models: loading, starting weights, adapters, checks, checkpoints, cards, and the ways out."""
