"""Pages of letters: stopping them by the link in one, and the log that staff sees."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from labelers.mailing import choosing, stopping
from labelers.models import Letter

SHOWN = 200


# A mail program that offers the button (RFC 8058) has no token of ours; the link itself is signed.
@csrf_exempt
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stop letters: asks first in a browser, at once for a mail program's one click."""
    try:
        found = stopping.read(token)
    except stopping.UnknownLinkError:
        return render(request, "labelers/mail_stop.html", status=404)
    if request.method == "POST":
        stopping.stop(found=found, everything="everything" in request.POST)
    context = {"stop": found, "done": request.method == "POST"}
    return render(request, "labelers/mail_stop.html", context)


@login_required
def letters(request: HttpRequest) -> HttpResponse:
    """The last letters of the site and what became of them, for staff."""
    if not request.user.is_staff:
        raise PermissionDenied(_("Only staff may see the letters of this site."))
    found = Letter.objects.select_related("person", "notice")[:SHOWN]
    context = {
        "letters": [(letter, about(letter)) for letter in found],
        "configured": choosing.is_configured(),
    }
    return render(request, "labelers/letters.html", context)


def about(letter: Letter) -> str:
    """What a letter is about, in the viewer's language."""
    if letter.notice is None:
        return _("An invitation")
    return str(choosing.GROUPS[choosing.group_of(letter.notice.kind)])
