"""Mixtures of policies: sampled, judged, one of them kept."""
