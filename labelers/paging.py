"""How the lists of the API are paged: by cursors that hold where the last page ended.

No page has a number, so that nothing is seen twice or missed while a list grows.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param


class IdCursorPagination(CursorPagination):
    """Newest first; the cursor holds no offset, so a deep page costs what the first one does."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int:
        """The size that was asked for, or the usual one.

        Raises:
            ValidationError: no number from 1 to the largest size.
        """
        asked = request.query_params.get("page_size")
        if asked is None:
            return int(self.page_size)
        if not (asked.isascii() and asked.isdecimal() and len(asked) < 4):
            asked = "0"
        if not 1 <= int(asked) <= self.max_page_size:
            said = _("Give a number from 1 to %d.") % self.max_page_size
            raise ValidationError({"page_size": [said]})
        return int(asked)

    def decode_cursor(self, request: Request) -> Any:
        """The cursor.

        Raises:
            ValidationError: it is none that somebody was given.
        """
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise bad_cursor() from None
        # Those that were given out always have a position, and it is an id.
        position = (cursor.position or "") if cursor else "0"
        if not (position.isascii() and position.isdigit() and len(position) < 19):
            raise bad_cursor()
        return cursor

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Cursor and size, with the limits of the size."""
        cursor = {
            **_in_query("cursor", "Where the last page ended: follow `next` instead of making it."),
            "schema": {"type": "string"},
        }
        size = {
            **_in_query("page_size", "How many there are to a page."),
            "schema": {
                "type": "integer",
                "minimum": 1,
                "maximum": self.max_page_size,
                "default": self.page_size,
            },
        }
        return [cursor, size]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A page: the addresses of its neighbours, null at the ends, and what is on it."""
        address = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }


def bad_cursor() -> ValidationError:
    """The refusal of a cursor that somebody made up."""
    return ValidationError({"cursor": [_("Follow `next` of a page; this is no cursor of it.")]})


def _in_query(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "required": False, "in": "query", "description": description}


class PlaceCursorPagination(IdCursorPagination):
    """Pages of what has an order that no column holds; the cursor says how many came before.

    For lists that are computed anyhow, or whose order is a score.
    """

    def paginate_queryset(self, entries: Sequence[Any], request: Request, view: Any = None) -> Any:
        """The entries of the page asked for; `entries` are sliced once."""
        size, start = self.get_page_size(request), self.start_of(request)
        found = list(entries[start : start + size + 1])
        self.place(request, start, size, is_more=len(found) > size)
        return found[:size]

    def place(self, request: Request, start: int, size: int, *, is_more: bool) -> None:
        """Remember where this page stands among the others, for the addresses of its neighbours."""
        self.url = request.build_absolute_uri()
        self.after = start + size if is_more else None
        self.before = max(0, start - size) if start else None

    def start_of(self, request: Request) -> int:
        """How many entries come before the page that is asked for.

        Raises:
            ValidationError: the cursor is none that somebody was given.
        """
        given = request.query_params.get("cursor")
        if given is None:
            return 0
        try:
            place = base64.urlsafe_b64decode(given.encode()).decode()
        except (binascii.Error, ValueError):
            place = ""
        if not (place.isascii() and place.isdecimal() and len(place) < 9):
            raise bad_cursor()
        return int(place)

    def get_next_link(self) -> str | None:
        """The address of the next page; None on the last."""
        return self._link(self.after)

    def get_previous_link(self) -> str | None:
        """The address of the page before; None on the first."""
        return self._link(self.before)

    def _link(self, start: int | None) -> str | None:
        if start is None:
            return None
        cursor = base64.urlsafe_b64encode(str(start).encode()).decode()
        return str(replace_query_param(self.url, "cursor", cursor))
