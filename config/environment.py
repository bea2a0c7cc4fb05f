"""Secrets from the environment: as a value, or as a file that holds it, as containers hand them in.

What each variable means is said where it is read, and all are listed in docs/running.md.
"""

import os
from pathlib import Path

from config.homes import CannotStart


def secret(name: str) -> str:
    """The variable NAME, or what the file named by NAME_FILE holds; empty when neither is set.

    Raises CannotStart when that file cannot be read.
    """
    if value := os.environ.get(name, ""):
        return value
    path = os.environ.get(f"{name}_FILE", "")
    if not path:
        return ""
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"{name}_FILE is {path}, which cannot be read: correct it.") from error
