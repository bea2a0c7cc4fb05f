"""Rows that must not be led back to a person by when or where they were written.

A table that names nobody still remembers the order of its rows, and a database which transaction
wrote each of them, the same that wrote the audit row. So whoever adds a row here has all rows of
the project written anew, in a random order. What a backup of an earlier day shows is left out.
"""

from __future__ import annotations

import random
from typing import Any

from django.db import connection
from django.db.models import Model

from labelers.models import Project

_chance = random.SystemRandom()


def scatter(model: type[Model], project: Project) -> None:
    """Write the rows of `model` (it has a ``project``) anew. Call it last, within the transaction.

    The project's row is locked, so that two who do this at once do it one after the other.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("rows are scattered in the transaction that adds one")
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    manager: Any = model._default_manager
    rows = list(manager.filter(project=project))
    _chance.shuffle(rows)
    manager.filter(project=project).delete()
    manager.bulk_create(rows)
