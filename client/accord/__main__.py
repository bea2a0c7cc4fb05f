"""`python -m accord` is the command `accord`."""

from __future__ import annotations

import sys

from accord.command.main import main

if __name__ == "__main__":
    sys.exit(main())
