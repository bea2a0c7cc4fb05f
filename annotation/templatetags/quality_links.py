"""The links of `annotation.quality_links` in templates."""

from __future__ import annotations

from django import template

from annotation.quality_links import item_page, items_of, labeler_page

register = template.Library()
register.simple_tag(items_of)
register.simple_tag(labeler_page)
register.simple_tag(item_page)
