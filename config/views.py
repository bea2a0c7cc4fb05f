"""What the API can do: the one page of no app for people, and /api/schema/ for programs."""

from __future__ import annotations

import functools
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from config.api_docs import groups_of
from config.api_records import Group
from config.describing import document
from labelers import idempotency
from labelers.models import ApiToken
from labelers.paging import IdCursorPagination


@functools.cache
def documented_groups() -> tuple[Group, ...]:
    """Every operation of the API; made once, since it changes with the code alone."""
    return groups_of(document())


@functools.cache
def _written(renderer: type[BaseRenderer]) -> bytes:
    found: bytes = renderer().render(document(), renderer_context={})
    return found


class Description(SpectacularAPIView):
    """The OpenAPI description in YAML or JSON; written once in each, as it takes seconds."""

    authentication_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        """The same for everybody."""
        renderer = request.accepted_renderer
        name = f'inline; filename="accord.{renderer.format}"'
        return HttpResponse(
            _written(type(renderer)),
            content_type=renderer.media_type,
            headers={"Content-Disposition": name},
        )


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """The API's endpoints with what they take and answer."""
    context = {
        "groups": documented_groups(),
        "root": request.build_absolute_uri("/").removesuffix("/"),
        "scopes": ApiToken.Scope.choices,
        "page_size": IdCursorPagination.page_size,
        "most_per_page": IdCursorPagination.max_page_size,
        "longest_key": idempotency.LONGEST_KEY,
        "key_hours": idempotency.KEPT_FOR // timedelta(hours=1),
        "person_limit": settings.REQUESTS_OF_PERSON,
    }
    return render(request, "api_docs.html", context)
