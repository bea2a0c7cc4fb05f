"""What every page of a project shows: the project, the viewer's roles and the tab that is open."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from labelers import roles
from labelers.models import Project


def page_of(request: HttpRequest, project: Project, tab: str, **more: Any) -> dict[str, Any]:
    """The context of `labelers/project_base.html`, and `more`."""
    held = roles.roles_in(request.user, project)
    return {"project": project, "roles": held, "tab": tab, **more}
