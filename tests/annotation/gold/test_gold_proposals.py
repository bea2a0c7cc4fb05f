"""Only what three or more labelers say alike, without a tie, is proposed as gold."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation.consensus import aggregating
from annotation.gold import gold_proposals, keeping_gold
from annotation.models import Judgment
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, answer_next, make_tasks


def unanimous_task(project, crowd, answers=(A_IS_BETTER,) * 3):
    (task,) = make_tasks(project)
    for person, answer in zip(crowd, answers, strict=True):
        answer_next(person, project, answer)
    aggregating.refresh_consensus(project=project)
    task.refresh_from_db()
    return task


@pytest.mark.parametrize(
    "answers",
    [(A_IS_BETTER, A_IS_BETTER, B_IS_BETTER), (TIE,) * 3, (A_IS_BETTER, A_IS_BETTER, TIE)],
)
def test_what_is_not_unanimous_or_a_tie_is_not_proposed(project, crowd, answers):
    task = unanimous_task(project, crowd, answers)
    assert gold_proposals.proposed(project, 10) == []
    with pytest.raises(ValidationError, match="no longer all say the same"):
        keeping_gold.confirm(task=task, confirmed_by=None)


def test_the_answers_themselves_decide_not_the_stored_consensus(project, crowd):
    unanimous_task(project, crowd)
    last = Judgment.objects.order_by("-id").first()
    Judgment.objects.filter(pk=last.pk).update(answer=B_IS_BETTER)
    assert gold_proposals.candidates(project).count() == 1
    assert gold_proposals.proposed(project, 10) == []
