"""Scores of reward models, written down for responses of a project by a run of training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from django.db import connection, transaction

from annotation import valuing
from annotation.models import ProjectSettings
from labelers import audit
from labelers.models import Person, Project

BATCH = 5000


class Score(NamedTuple):
    """What a scorer says of a response; ``spread`` is 0 where it is a single model."""

    response: int
    mean: float
    spread: float = 0.0


def store_scores(
    *,
    project: Project,
    scorer: str,
    scores: Iterable[Score],
    stored_by: Person | None,
    in_background: bool = True,
) -> int:
    """Keep what `scorer` says of responses of `project`, and have the order go by it where it goes
    by uncertainty. Returns how many were kept.

    Storing again replaces: whoever was killed half-way begins again. Responses that are no more,
    or another project's, are passed over.
    """
    kept = sum(_store_some(project, scorer, some) for some in _batches(scores))
    with transaction.atomic():
        ProjectSettings.objects.filter(project=project).update(scorer=scorer)
        valuing.reckon_again(project=project, begun_by=stored_by, in_background=in_background)
        audit.record(
            actor=stored_by,
            action="responses.scored",
            project=project,
            subject=f"project:{project.slug}",
            scorer=scorer,
            responses=kept,
        )
    return kept


def _batches(scores: Iterable[Score]) -> Iterator[list[Score]]:
    ahead = iter(scores)
    while some := list(islice(ahead, BATCH)):
        yield some


# Nobody deletes a response meanwhile: its row is held until its score is there.
_STORE = """
    INSERT INTO annotation_responsescore (response_id, scorer, mean, spread)
    SELECT r.id, %(scorer)s, s.mean, s.spread
    FROM unnest(%(responses)s::bigint[], %(means)s::float8[], %(spreads)s::float8[])
        AS s (response, mean, spread)
    JOIN annotation_response r ON r.id = s.response
    JOIN annotation_prompt p ON p.id = r.prompt_id AND p.project_id = %(project)s
    ORDER BY r.id FOR KEY SHARE OF r
    ON CONFLICT (response_id, scorer) DO UPDATE
        SET mean = excluded.mean, spread = excluded.spread, scored_at = now()
"""


@transaction.atomic
def _store_some(project: Project, scorer: str, scores: list[Score]) -> int:
    # A number that comes twice would be one row written twice by one statement.
    by_response = {score.response: score for score in scores}
    given = {
        "scorer": scorer,
        "project": project.pk,
        "responses": list(by_response),
        "means": [score.mean for score in by_response.values()],
        "spreads": [score.spread for score in by_response.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, given)
        return int(cursor.rowcount)
