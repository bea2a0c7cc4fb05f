"""The page of one's own notices."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from labelers import notifying

SHOWN = 100


@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """The last notices of the person who asks, newest first."""
    found = [
        {"notice": notice, "sentence": notifying.sentence_of(notice)}
        for notice in notifying.notices_of(request.user)[:SHOWN]
    ]
    unread = any(row["notice"].read_at is None for row in found)
    return render(request, "labelers/notices.html", {"notices": found, "any_unread": unread})


@login_required
@require_POST
def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark one's notice as read and go where it leads; without `notice`, mark all of them."""
    given = request.POST.get("notice", "")
    if not given:
        notifying.mark_read(person=request.user)
        return redirect("notices")
    notice = notifying.notices_of(request.user).filter(pk=given if given.isdigit() else 0).first()
    if notice is None:
        return redirect("notices")
    notifying.mark_read(person=request.user, notices=[notice.pk])
    return redirect(notifying.address_of(notice) or "notices")
