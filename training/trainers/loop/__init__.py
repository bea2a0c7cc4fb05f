"""The loop of all trainers of weights: start, steps, processes, reporters, going on."""
