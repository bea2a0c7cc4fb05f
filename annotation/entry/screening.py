"""The labeler's way in, step by step: consent, survey, topics, guidelines and quiz.

Training and exam, whose items come over the labeling page, are `examining`; how far somebody is,
`screening_stages`; what an admin decides, `hiring`. Every deed here may be done twice, in two tabs
or on two devices, and is done once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from annotation import guiding
from annotation.entry import hiring
from annotation.entry.screening_stages import WORK, Way, way_of
from annotation.models import ScreeningProgress
from labelers import audit, consenting, grouping, qualifying, surveying
from labelers.models import Person, Project, Qualification, SelfAssessment

Stage = Qualification.Stage
BEST_LEVEL = 3


def lock_progress(project: Project, person: Person) -> ScreeningProgress:
    """The person's progress, so that what they do in two tabs comes one after the other."""
    ScreeningProgress.objects.get_or_create(project=project, person=person)
    return ScreeningProgress.objects.select_for_update().get(project=project, person=person)


def advance(project: Project, person: Person) -> Way:
    """Write down how far `person` has come, if it is further than what is written.

    Belongs at the end of the transaction of a deed. Returns their way as it is then.
    """
    way = way_of(project, person)
    if way.is_exempt or not project.is_screened or way.closed or way.stage == Stage.QUALIFIED:
        return way
    reached = {
        "consent": Stage.INVITED,
        WORK: Stage.QUALIFIED,
        "training": Stage.TRAINING,
        "exam": Stage.EXAMINED if way.exam.last and way.exam.last.finished_at else Stage.TRAINING,
    }.get(way.present, Stage.CONSENTED)
    before = qualifying.STEPS.index(Stage(way.stage)) if way.stage in qualifying.STEPS else -1
    if qualifying.STEPS.index(reached) > before:
        qualifying.record_stage(project=project, person=person, stage=reached, recorded_by=None)
        way = way_of(project, person)
    return way


@transaction.atomic
def agree(*, project: Project, person: Person, version: int) -> Way:
    """Consent to the form in force, which must be the `version` that was read.

    Raises:
        ValidationError: there is a newer version.
    """
    consenting.give_consent(project=project, person=person, version=version)
    return advance(project, person)


@transaction.atomic
def pass_survey(
    *,
    project: Project,
    person: Person,
    answers: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
) -> Way:
    """Come past the voluntary questions, with answers or without; only the first time counts.

    `groups` are the coarse groups to be counted in. What is written down of the person is the same
    whatever they said.

    Raises:
        ValidationError: by question or dimension; then nothing is stored.
    """
    progress = lock_progress(project, person)
    if not progress.survey_seen:
        policy = hiring.policy_of(project)
        if policy.asks_survey:
            surveying.keep_answers(project=project, answers=answers or {})
        if policy.asks_groups:
            grouping.choose_groups(project=project, person=person, groups=groups or {})
        progress.survey_seen = True
        progress.save(update_fields=["survey_seen", "updated_at"])
        audit.record(
            actor=person,
            action="screening.survey_seen",
            project=project,
            subject=f"person:{person.pk}",
        )
    return advance(project, person)


@transaction.atomic
def assess_topics(*, project: Project, person: Person, levels: Mapping[str, int]) -> Way:
    """Keep how well `person` says they judge each topic, 0 to 3; it may be changed at any time.

    Raises:
        ValidationError: a topic is missing or unknown, or its level no number from 0 to 3.
    """
    progress = lock_progress(project, person)
    topics = hiring.policy_of(project).topics
    errors = {
        topic: [_("Say how well you judge it, from 0 to 3.")]
        for topic in topics
        if not _is_level(levels.get(topic))
    }
    for topic in set(levels) - set(topics):
        errors[str(topic)[:80]] = [_("This project does not ask for it.")]
    if errors:
        raise ValidationError(errors)
    for topic, level in levels.items():
        SelfAssessment.objects.update_or_create(
            project=project, person=person, topic=topic, defaults={"level": level}
        )
    progress.topics_seen = True
    progress.save(update_fields=["topics_seen", "updated_at"])
    audit.record(
        actor=person,
        action="screening.topics_assessed",
        project=project,
        subject=f"person:{person.pk}",
        levels=dict(levels),
    )
    return advance(project, person)


def _is_level(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= BEST_LEVEL


def levels_of(project: Project, person: Person) -> dict[str, int]:
    """By topic: what `person` said of themselves."""
    mine = SelfAssessment.objects.filter(project=project, person=person)
    return dict(mine.values_list("topic", "level"))


@transaction.atomic
def confirm_guidelines(*, project: Project, person: Person, version: int) -> Way:
    """Write down that `person` has read the guidelines.

    Raises:
        ValidationError: there is no such version.
    """
    guiding.read_guidelines(project=project, person=person, version=version)
    return advance(project, person)


@dataclass(frozen=True)
class Marked:
    """One question of the quiz after a try: what was chosen, and what is said of a wrong choice."""

    question: str
    chosen: int | None
    is_right: bool
    explanation: str


@dataclass(frozen=True)
class QuizResult:
    """What came of a try: ``passed``, and every question marked."""

    passed: bool
    share: float
    marked: list[Marked]

    @property
    def wrong(self) -> list[Marked]:
        """The questions that were not answered rightly."""
        return [one for one in self.marked if not one.is_right]


@transaction.atomic
def take_quiz(
    *,
    project: Project,
    person: Person,
    answers: Sequence[int | None],
    version: int | None = None,
) -> QuizResult:
    """Mark a try: `answers` holds the place of the chosen one of each question, None for none.

    `version` is the one of the guidelines above the quiz, which counts as read. Whoever passed
    stays so; others may try again as often as they like.

    Raises:
        ValidationError: there is no quiz, or not one answer for each of its questions.
    """
    progress = lock_progress(project, person)
    policy = hiring.policy_of(project)
    quiz = policy.quiz
    if not quiz:
        raise ValidationError({"answers": _("This project has no quiz.")})
    if len(answers) != len(quiz):
        raise ValidationError(
            {"answers": _("The quiz has changed: it has %d questions now.") % len(quiz)}
        )
    if version is not None:
        guiding.read_guidelines(project=project, person=person, version=version)
    marked = [
        Marked(
            asked["question"],
            chosen,
            chosen == asked["right"],
            "" if chosen == asked["right"] else asked["explanation"],
        )
        for asked, chosen in zip(quiz, answers, strict=True)
    ]
    share = sum(one.is_right for one in marked) / len(marked)
    passed = share >= policy.quiz_share
    if not progress.quiz_passed:
        progress.quiz_tries += 1
        progress.quiz_passed = passed
        progress.save(update_fields=["quiz_tries", "quiz_passed", "updated_at"])
        audit.record(
            actor=person,
            action="screening.quiz_taken",
            project=project,
            subject=f"person:{person.pk}",
            tries=progress.quiz_tries,
            share=round(share, 3),
            passed=passed,
        )
    advance(project, person)
    return QuizResult(passed, share, marked)
