"""What the API says of one's own way in: the steps, what the present ones ask, and the exam.

The right choices of a quiz and the answers of a survey are never part of it.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotation.entry import screening
from annotation.entry.screening_stages import STEPS, Way
from labelers import grouping, surveying


class StepSerializer(serializers.Serializer):
    """One step of this project; ``state`` is done, now or ahead."""

    name = serializers.ChoiceField(list(STEPS))
    title = serializers.CharField()
    state = serializers.ChoiceField(["done", "now", "ahead"])


class ConsentFormSerializer(serializers.Serializer):
    """What is to be agreed to, in Markdown."""

    version = serializers.IntegerField()
    text = serializers.CharField()
    given = serializers.BooleanField()


class ChoiceQuestionSerializer(serializers.Serializer):
    """A question with its choices, by name; leaving it out is always one more."""

    name = serializers.CharField()
    title = serializers.CharField()
    choices = serializers.DictField(child=serializers.CharField())


class QuizQuestionSerializer(serializers.Serializer):
    """A question of the quiz; answers name the place of a choice, from 0."""

    question = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())


class ExamStateSerializer(serializers.Serializer):
    """Where one is with the exam.

    ``state``: ready (it may be begun), open, waiting (an admin decides), resting (the next attempt
    from ``next_at`` on), failed (no attempt is left), passed. ``number`` is the attempt meant, of
    ``allowed``; ``answered`` is how many items of the newest attempt were answered.
    """

    state = serializers.ChoiceField(["ready", "open", "waiting", "resting", "failed", "passed"])
    number = serializers.IntegerField()
    allowed = serializers.IntegerField()
    answered = serializers.IntegerField()
    next_at = serializers.DateTimeField(allow_null=True)


class OwnScreeningSerializer(serializers.Serializer):
    """One's own way into the project; ``present`` is the step to take now, work after the last, and
    empty where ``closed`` says that the way has ended (suspended, declined)."""

    screened = serializers.BooleanField()
    present = serializers.CharField(allow_blank=True)
    closed = serializers.CharField(allow_blank=True)
    steps = StepSerializer(many=True)
    consent = ConsentFormSerializer(allow_null=True)
    survey = ChoiceQuestionSerializer(many=True)
    groups = ChoiceQuestionSerializer(many=True)
    own_groups = serializers.DictField(child=serializers.CharField())
    topics = serializers.DictField(
        child=serializers.IntegerField(allow_null=True),
        help_text="By topic: how well one says one judges it, null before that.",
    )
    quiz = QuizQuestionSerializer(many=True)
    trained = serializers.IntegerField()
    training_items = serializers.IntegerField()
    exam = ExamStateSerializer(allow_null=True)


def state_of(way: Way) -> dict[str, Any]:
    """What the API says of somebody's way."""
    policy, exam = way.policy, way.exam
    levels = screening.levels_of(way.project, way.person) if policy.topics else {}
    return {
        "screened": way.project.is_screened and not way.is_exempt,
        "present": way.present,
        "closed": way.closed,
        "steps": [
            {"name": name, "title": str(STEPS[name]), "state": way.state_of(name)}
            for name in way.steps
        ],
        "consent": way.form
        and {"version": way.form.version, "text": way.form.text, "given": way.has_consented},
        "survey": _questions(surveying.QUESTIONS) if policy.asks_survey else [],
        "groups": _questions_of_groups() if policy.asks_groups else [],
        "own_groups": grouping.own_groups(project=way.project, person=way.person),
        "topics": {topic: levels.get(topic) for topic in policy.topics},
        "quiz": [{"question": q["question"], "choices": q["choices"]} for q in policy.quiz],
        "trained": way.trained,
        "training_items": policy.training_items,
        "exam": {
            "state": exam.state,
            "number": exam.number,
            "allowed": exam.allowed,
            "answered": exam.answered,
            "next_at": exam.next_at,
        }
        if policy.has_exam
        else None,
    }


def _questions(asked: Any) -> list[dict[str, Any]]:
    return [
        {"name": name, "title": str(one.title), "choices": _words(one.choices)}
        for name, one in asked.items()
    ]


def _questions_of_groups() -> list[dict[str, Any]]:
    return [
        {"name": name, "title": str(one.title), "choices": _words(one.values)}
        for name, one in grouping.DIMENSIONS.items()
    ]


def _words(choices: Any) -> dict[str, str]:
    return {name: str(title) for name, title in choices.items()}
