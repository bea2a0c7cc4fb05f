"""Texts scored by several admins who see neither names nor each other's scores."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation.entry import scoring_texts
from annotation.models import Exam
from labelers.models import Notice, Qualification
from tests.annotation.making_exams import make_gold, make_written_exam


@pytest.fixture
def project(project_factory):
    return project_factory("essays", kind="demonstration", gold_rate=0)


@pytest.fixture
def admins(person_factory, project, admin):
    return [admin, person_factory("bob", project, "admin")]


@pytest.fixture
def exams(person_factory, project):
    tasks = make_gold(project, 3, k=1, answer=None)
    return [
        make_written_exam(person_factory(name, project, "labeler"), tasks)
        for name in ("chika", "dmitri", "emi")
    ]


def score_all(project, scorer, exam, score: int) -> Exam:
    """`scorer` gives every text of `exam` the same score."""
    for text in scoring_texts.waiting_for(project=project, scorer=scorer):
        if text.person_id == exam.person_id:
            scoring_texts.score_written(project=project, judgment=text, scorer=scorer, score=score)
    exam.refresh_from_db()
    return exam


@pytest.mark.parametrize(
    ("scores", "verdict", "stage"),
    [
        ((7, 5), "passed", "qualified"),
        ((6, 5), "borderline", "examined"),
        ((5, 4), "failed", "examined"),
    ],
)
def test_the_mean_decides_once_all_have_scored(project, admins, exams, scores, verdict, stage):
    exam = score_all(project, admins[0], exams[0], scores[0])
    assert (exam.verdict, exam.decided_at) == ("borderline", None)
    exam = score_all(project, admins[1], exams[0], scores[1])
    assert exam.verdict == verdict
    found = Qualification.objects.get(person=exam.person)
    assert (found.stage, found.scores["written"]) == (stage, pytest.approx(sum(scores) / 2))
    if verdict == "borderline":
        assert {notice.person for notice in Notice.objects.filter(kind="exam_waits")} == {*admins}
    else:
        assert Notice.objects.get(person=exam.person).detail == {"verdict": verdict}
    assert [text for admin in admins for text in waiting(project, admin, exam)] == []


def waiting(project, admin, exam):
    found = scoring_texts.waiting_for(project=project, scorer=admin)
    return [text for text in found if text.person_id == exam.person_id]


def test_every_admin_has_an_order_of_their_own_and_nobody_their_own_text(
    project, admins, exams, person_factory
):
    scorers = [*admins, *(person_factory(f"s{n}", project, "admin") for n in range(4))]
    orders = [
        [text.pk for text in scoring_texts.waiting_for(project=project, scorer=scorer)]
        for scorer in scorers
    ]
    assert {frozenset(order) for order in orders} == {frozenset(orders[0])}
    assert len(orders[0]) == 9
    assert len({tuple(order) for order in orders}) == len(orders)
    assert len(scoring_texts.waiting_for(project=project, scorer=exams[0].person)) == 6


def test_nobody_sees_a_score_before_giving_one(project, admins, exams):
    first, second = admins
    score_all(project, first, exams[0], 6)
    assert len(scoring_texts.scores_for(first, exams[0])) == 3
    assert scoring_texts.scores_for(second, exams[0]) == {}
    text = scoring_texts.waiting_for(project=project, scorer=second)[0]
    assert scoring_texts.is_hidden(exams[0], text, {})
    score_all(project, second, exams[0], 6)
    seen = scoring_texts.scores_for(second, exams[0])
    assert [row["scorer"] for row in next(iter(seen.values()))] == ["ada", "bob"]


def test_what_cannot_be_scored(project, admins, exams, labeler):
    admin = admins[0]
    text = scoring_texts.waiting_for(project=project, scorer=admin)[0]
    for score in (0, 8, True, "6"):
        with pytest.raises(ValidationError) as refused:
            scoring_texts.score_written(project=project, judgment=text, scorer=admin, score=score)
        assert list(refused.value.message_dict) == ["score"]
    with pytest.raises(ValidationError, match="your own"):
        scoring_texts.score_written(project=project, judgment=text, scorer=text.person, score=6)
    scoring_texts.score_written(project=project, judgment=text, scorer=admin, score=6)
    with pytest.raises(ValidationError, match="already"):
        scoring_texts.score_written(project=project, judgment=text, scorer=admin, score=5)
    other = scoring_texts.waiting_for(project=project, scorer=admin)[0]
    Exam.objects.filter(person=other.person).update(finished_at=None)
    with pytest.raises(ValidationError) as refused:
        scoring_texts.score_written(project=project, judgment=other, scorer=admin, score=5)
    assert list(refused.value.message_dict) == ["judgment"]
    assert other.pk not in [t.pk for t in scoring_texts.waiting_for(project=project, scorer=admin)]


def test_who_comes_after_the_last_score_changes_nothing(project, admins, exams, person_factory):
    texts = scoring_texts.waiting_for(project=project, scorer=admins[0])
    texts = [text for text in texts if text.person_id == exams[0].person_id]
    for scorer in admins:
        exam = score_all(project, scorer, exams[0], 5)
    late = person_factory("late", project, "admin")
    with pytest.raises(ValidationError, match="all its scores"):
        scoring_texts.score_written(project=project, judgment=texts[0], scorer=late, score=7)
    assert Exam.objects.get(pk=exam.pk).verdict == "borderline"
