"""From a figure to the items behind it, and from a labeler's name to their page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse


def items_of(slug: str, **query: Any) -> str:
    """The address of the items of a project, narrowed down by `query`; empty ones are left out."""
    kept = {name: value for name, value in query.items() if value not in (None, "")}
    return reverse("items", args=[slug]) + (f"?{urlencode(kept)}" if kept else "")


def labeler_page(slug: str, key: str) -> str:
    """The address of the page of one labeler, known as in `label_matrix`."""
    return reverse("labeler", args=[slug, key])


def item_page(slug: str, task: int) -> str:
    """The address of the page of one item."""
    return reverse("item", args=[slug, task])
