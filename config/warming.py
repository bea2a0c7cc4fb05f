"""What a web process makes before it takes requests, so that the first one does not wait for it.

Routes with all their views, the description that requests of the API are held to, and the texts of
the site's languages. None of it needs the database, which may be away when a process starts.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.urls import get_resolver
from django.utils import translation

from config import asking

_log = logging.getLogger(__name__)


def warm_up() -> None:
    """Make what requests need; what cannot be made now is made by the request that needs it."""
    try:
        _ = get_resolver().reverse_dict
        asking.prepare()
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                translation.gettext("Save")
    except Exception:
        _log.exception("Not everything was made in advance.")
