"""Where Accord is and who asks: ACCORD_URL and ACCORD_TOKEN, else a file that only its owner reads.

The file is ``accord/config.json`` in the user's folder for configuration, or ACCORD_CONFIG.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from accord.errors import AccordError

HERE = ("localhost", "127.0.0.1", "::1")


class Settings(NamedTuple):
    """The server's address without a slash at its end, and a token."""

    url: str
    token: str


def config_path() -> Path:
    """Where `accord login` keeps its file."""
    if named := os.environ.get("ACCORD_CONFIG"):
        return Path(named)
    top = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return Path(top) / "accord" / "config.json"


def find(url: str | None = None, token: str | None = None) -> Settings:
    """What is given, else what the environment says, else what `accord login` kept.

    A kept token goes only to the server that it was kept for.

    Raises:
        AccordError: there is no address or no token, or the file lies open to others.
    """
    kept = read()
    url = url or os.environ.get("ACCORD_URL") or (kept.url if kept else "")
    if not url:
        raise AccordError("Where is Accord? Run `accord login ADDRESS`, or set ACCORD_URL.")
    url = checked_url(url)
    token = token or os.environ.get("ACCORD_TOKEN")
    if not token and kept and kept.url == url:
        token = kept.token
    if not token:
        raise AccordError(
            f"There is no token for {url}. Make one on your account page, then run "
            f"`accord login {url}`, or set ACCORD_TOKEN."
        )
    return Settings(url, token)


def checked_url(url: str) -> str:
    """The address without what follows the host; raises AccordError where it is none."""
    parts = urlsplit(url if "//" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise AccordError(f"{url!r} is no address; it looks like https://accord.example.org.")
    near = parts.hostname in HERE or os.environ.get("ACCORD_ALLOW_HTTP") == "1"
    if parts.scheme == "http" and not near:
        raise AccordError(
            f"{url} would carry your token in the open; use https://, or set ACCORD_ALLOW_HTTP=1 "
            "where the way to it is safe."
        )
    path = parts.path.rstrip("/")
    if path.endswith("/api/v1"):
        path = path[: -len("/api/v1")]
    return f"{parts.scheme}://{parts.netloc}{path}"


def read() -> Settings | None:
    """What `accord login` kept; None where it has not run.

    Raises:
        AccordError: others can read the file, or it is damaged.
    """
    path = config_path()
    try:
        # Looked at and read through one handle, so that both speak of the same file.
        with open(path, encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & 0o077:
                raise AccordError(
                    f"{path} holds your token and can be read by others: run `chmod 600 {path}`, "
                    "and make a new token if that worries you."
                )
            kept = json.load(file)
            return Settings(str(kept["url"]), str(kept["token"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise AccordError(f"{path} cannot be read ({problem}). Run `accord login` again.") from None


def write(settings: Settings) -> Path:
    """Keep an address and its token, for the user alone to read; returns where."""
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(settings._asdict(), file)
        os.replace(fresh, path)
    except BaseException:
        os.unlink(fresh)
        raise
    return path


def forget() -> bool:
    """Delete what was kept; returns whether there was something."""
    try:
        config_path().unlink()
    except FileNotFoundError:
        return False
    return True
