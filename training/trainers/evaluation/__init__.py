"""Figures of held-out data and of what policies write; arrays first, models where they must."""
