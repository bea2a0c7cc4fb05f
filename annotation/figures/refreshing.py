"""Bringing a project's consensus and figures up to date now, instead of when their turn comes."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.consensus import aggregating
from annotation.figures import keeping_figures
from labelers.models import Project


@dataclass(frozen=True)
class Refreshed:
    """How many tasks have a new consensus, and whether the figures are new as well."""

    tasks: int
    is_measured: bool


def refresh(*, project: Project) -> Refreshed:
    """Compute the consensus; measure a small project at once and have a large one measured."""
    tasks = aggregating.refresh_consensus(project=project)
    is_small = keeping_figures.basis_of(project).is_small
    if is_small:
        keeping_figures.keep(project=project)
    else:
        keeping_figures.keep_soon(project)
    return Refreshed(tasks, is_small)
