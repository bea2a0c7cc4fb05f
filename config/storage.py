"""Static files under hashed names, by which our modules import each other too."""

from __future__ import annotations

from collections.abc import Callable
from re import Match
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

OTHERS = ("django_htmx/", "rest_framework/", "admin/")


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Without it a module is loaded twice: as the page names it, and as others import it."""

    support_js_module_import_aggregation = True

    def url_converter(self, name: str, *args: Any, **kwargs: Any) -> Callable[[Match[str]], str]:
        """How the addresses in the file `name` are rewritten."""
        if name.endswith(".js") and name.startswith(OTHERS):
            # Scripts of libraries may name files that they do not bring.
            return lambda found: found.group(0)
        convert: Callable[[Match[str]], str] = super().url_converter(name, *args, **kwargs)
        return convert
