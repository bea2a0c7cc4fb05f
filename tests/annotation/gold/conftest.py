"""The crowd that gold is made of."""

from __future__ import annotations

import pytest


@pytest.fixture
def crowd(project, person_factory):
    """Three labelers of a project in which each item is asked of three."""
    project.settings.overlap = 3
    project.settings.save()
    return [person_factory(f"p{n}", project, "labeler") for n in range(3)]
