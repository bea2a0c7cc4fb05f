"""Runs in rounds: sample, judge, learn."""
