"""Saying which languages one reads, from the page of one's own work."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotation import languages
from labelers import roles


@login_required
@require_POST
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep the ticked languages, for all projects."""
    project = roles.find_project(request.user, slug, roles.LABELING)
    try:
        languages.choose(person=request.user, chosen=request.POST.getlist("language"))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("You get items in these languages from now on."))
    return redirect("work", project.slug)
