"""Commands that train, sample and evaluate, meeting the web only through a run directory."""

import os

# Before torch loads OpenMP. Its idle threads spin for milliseconds, which beside a busy server
# doubled the processor time of a training step and made it up to six times slower: whoever starts
# a trainer there has them sleep at once. Alone they spin for some microseconds, the time between
# two layers, without which sampling takes half as long again.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
