"""The one page of no app: what the API can do, for people. Programs read /api/schema/."""

from __future__ import annotations

import functools

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from config.api_docs import groups_of
from config.api_records import Group
from labelers.models import ApiToken
from labelers.problems import IdCursorPagination


@functools.cache
def documented_groups() -> tuple[Group, ...]:
    """Every operation of the API; made once, since it changes with the code alone."""
    # Names of choices are translated on the way, and whoever comes first must not choose for all.
    with translation.override("en"):
        return groups_of(SchemaGenerator().get_schema(request=None, public=True))


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """The API's endpoints with what they take and answer."""
    context = {
        "groups": documented_groups(),
        "root": request.build_absolute_uri("/").removesuffix("/"),
        "scopes": ApiToken.Scope.choices,
        "page_size": IdCursorPagination.page_size,
        "most_per_page": IdCursorPagination.max_page_size,
    }
    return render(request, "api_docs.html", context)
