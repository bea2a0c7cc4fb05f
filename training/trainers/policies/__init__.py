"""What policies learn with: references, samples, TRL's losses."""
