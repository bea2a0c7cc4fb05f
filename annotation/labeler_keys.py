"""How addresses name a labeler: ``p:ID`` for a person, ``i:NAME`` for one of an import."""

from __future__ import annotations

from django.urls import register_converter


class LabelerKey:
    """Any text, because names of imported labelers may hold slashes and more."""

    regex = r"[\s\S]+"

    def to_python(self, value: str) -> str:
        """The key as it is."""
        return value

    def to_url(self, value: str) -> str:
        """The key as it is; `reverse` quotes it."""
        return value


register_converter(LabelerKey, "labeler")
