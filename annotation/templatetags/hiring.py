"""What templates of hiring ask of a project."""

from __future__ import annotations

from django import template

from annotation.entry.exam_length import judges
from labelers.models import Project

register = template.Library()


@register.filter
def writes(project: Project) -> bool:
    """Whether its labelers write, so that admins score the texts of its exams."""
    return not judges(project.settings.kind)
