"""The hash that content is known by, and the one form of JSON that is hashed and stored.

Pure, so that processes without Django can make ready what is stored.
"""

from __future__ import annotations

import hashlib
import json

canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
"""`content` as JSON, always the same way: sorted keys, no blanks."""


def digest_of(text: str) -> str:
    """SHA-256 of `text`: 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_hash(content: object) -> str:
    """SHA-256 of the canonical JSON of `content`: 64 hexadecimal digits."""
    return digest_of(canonical(content))
