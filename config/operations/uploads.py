"""How much a request may send, told before it is read: 413 for too much, 507 when no room is left.

Only files of imports may be large, and only from people who are signed in or bring a token, which
the API checks before it reads. Anything else is held to DATA_UPLOAD_MAX_MEMORY_SIZE.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from config.operations.outages import FULL, Outage, told

AROUND_A_FILE = 1024 * 1024
"""What a form adds to the file in it."""

_TOO_LARGE = Outage(413, "", "", retry_after=0)


class Bounded:
    """Refuses a request by the length that it announces. After the one who asks is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = _length(request)
        if length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return self.get_response(request)
        most = _most(request)
        if length > most:
            return told(
                request,
                replace(
                    _TOO_LARGE,
                    title=_("That is too large"),
                    sentence=_(
                        "%(sent)s MB were announced and at most %(most)s MB are taken here: "
                        "split it, or sign in first."
                    )
                    % {"sent": -(-length // 1024**2), "most": most // 1024**2},
                ),
            )
        if shutil.disk_usage(settings.ACCORD_HOME).free < length + settings.DISK_RESERVE:
            return told(request, FULL)
        return self.get_response(request)


def _length(request: HttpRequest) -> int:
    """The announced length; without one nothing is read, and with nonsense neither."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _most(request: HttpRequest) -> int:
    is_form = request.content_type == "multipart/form-data"
    known = "Authorization" in request.headers or request.user.is_authenticated
    if is_form and known:
        return settings.IMPORT_MAX_BYTES + AROUND_A_FILE
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
