"""Commands that train, sample and evaluate, meeting the web only through a run directory."""

import os

# Before torch loads OpenMP: its idle threads otherwise spin, which on a machine that also serves
# pages doubled the processor time of a training step and made it up to six times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
