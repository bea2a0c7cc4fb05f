"""PPO's parts: its formulas, its roles on one backbone, what it samples, and how it learns."""
