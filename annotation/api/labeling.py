"""The API of labeling, which the labeling page uses too: items, answers, undo, skip, drafts."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import answering, assigning, correcting, giving, judging, own_work, queries
from annotation.api.labeling_requests import (
    CorrectSerializer,
    DraftSerializer,
    HoldingSerializer,
    SkipSerializer,
    SubmissionSerializer,
)
from annotation.entry import examining
from annotation.models import Assignment, Judgment
from annotation.seats import Seat, find_seat
from annotation.task_kinds.base import AnswerError
from labelers import roles
from labelers.models import Project
from labelers.problems import Problem

RECENT = 20


class MessageSerializer(serializers.Serializer):
    """One turn: as text, and as HTML that is safe to show.

    ``raw`` is the text letter by letter as HTML in which hidden characters are visible; it is
    empty where nothing is hidden.
    """

    role = serializers.ChoiceField(["system", "user", "assistant", "topic"])
    text = serializers.CharField()
    html = serializers.CharField()
    raw = serializers.CharField(allow_blank=True)


class ShownResponseSerializer(serializers.Serializer):
    """A response on screen."""

    messages = MessageSerializer(many=True)


class ItemSerializer(serializers.Serializer):
    """An item as its labeler sees it; answers speak of responses in this order.

    ``purpose`` is training, exam or adjudication for items of that kind, and work for all others,
    gold among them.
    """

    assignment = serializers.IntegerField()
    purpose = serializers.ChoiceField(["work", "training", "exam", "adjudication"])
    kind = serializers.CharField()
    criterion = serializers.CharField()
    language = serializers.CharField()
    covered = serializers.BooleanField()
    prompt = MessageSerializer(many=True)
    responses = ShownResponseSerializer(many=True)
    draft = serializers.JSONField(allow_null=True)
    expires_at = serializers.DateTimeField()


class WorkSerializer(serializers.Serializer):
    """How far a labeler is."""

    done = serializers.IntegerField()
    done_today = serializers.IntegerField()
    left = serializers.IntegerField()
    guidelines = serializers.IntegerField(allow_null=True)


class ScreeningProgressSerializer(serializers.Serializer):
    """How far somebody is in training or exam.

    ``state`` is open, short (items are missing; the admins know) or over: then the page of the
    first steps says what comes next. An exam ends by itself between ``least`` and ``most`` items.
    """

    stage = serializers.CharField()
    state = serializers.ChoiceField(["open", "short", "over"])
    done = serializers.IntegerField()
    least = serializers.IntegerField()
    most = serializers.IntegerField()


class NextSerializer(serializers.Serializer):
    """The next item, null when nothing is left, and how far the labeler is.

    ``screening`` is null for those who work.
    """

    item = ItemSerializer(allow_null=True)
    work = WorkSerializer()
    screening = ScreeningProgressSerializer(allow_null=True)


class ExplainedSerializer(serializers.Serializer):
    """What is said after a training answer; both answers are about the order on screen.

    ``verdict`` is right, wrong, partly, undecided (the answer decides nothing that the expected one
    does) or empty where people write. Of ``judged`` comparisons ``right`` are right.
    """

    assignment = serializers.IntegerField()
    verdict = serializers.ChoiceField(["right", "wrong", "partly", "undecided", ""])
    right = serializers.IntegerField()
    judged = serializers.IntegerField()
    given = serializers.CharField()
    expected = serializers.CharField(allow_blank=True)
    expected_answer = serializers.DictField(allow_null=True)
    explanation = serializers.CharField(allow_blank=True)


class StoredSerializer(NextSerializer):
    """The judgment that was stored, and the next item if it was wanted.

    ``explained`` is null unless it was an answer of a training.
    """

    judgment = serializers.IntegerField()
    revision = serializers.IntegerField()
    explained = ExplainedSerializer(allow_null=True)


class RecentItemSerializer(serializers.Serializer):
    """An item that was answered, and until when the answer may be corrected."""

    assignment = serializers.IntegerField()
    answered_at = serializers.DateTimeField(source="at")
    revision = serializers.IntegerField()
    excerpt = serializers.CharField()
    correctable_until = serializers.DateTimeField()


@cache
def _kept(serializer_class: type[serializers.Serializer]) -> serializers.Serializer:
    """One for all requests: reading with it changes nothing in it, and its fields take long."""
    return serializer_class()


def _read(serializer_class: type[serializers.Serializer], sent: Any) -> dict[str, Any]:
    """The body of a request, checked."""
    try:
        found: dict[str, Any] = _kept(serializer_class).run_validation(sent)
    except serializers.ValidationError:
        # A serializer of its own says by field what is wrong.
        serializer = serializer_class(data=sent)
        serializer.is_valid(raise_exception=True)
        found = serializer.validated_data
    return found


class LabelingView(APIView):
    """What all labeling calls share: the role, the scope, and leases that cannot be had."""

    token_scope = "label"

    def work_on(self, request: Request, slug: str, serializer_class: type) -> tuple[Any, Any]:
        """The project to label in and the validated body."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        return project, _read(serializer_class, request.data)

    def next_item(self, request: Request, project: Project, holding: list[int]) -> dict[str, Any]:
        """The next item and how far the labeler is."""
        assignment, screening = giving.next_item(
            project=project, person=request.user, holding=holding
        )
        return self.told(request, project, assignment, screening and asdict(screening))

    def told(
        self,
        request: Request,
        project: Project,
        assignment: Assignment | None = None,
        screening: dict[str, Any] | None = None,
        seat: Seat | None = None,
    ) -> dict[str, Any]:
        """An item, if there is one, and how far the labeler is."""
        if assignment is not None and seat is not None:
            item, work = queries.item_and_work(assignment, seat)
            return {"item": item, "work": work, "screening": screening}
        return {
            "item": assignment and queries.item_payload(assignment),
            "work": queries.work_of(request.user, project, seat=seat),
            "screening": screening,
        }

    def handle_exception(self, problem: Exception) -> Response:
        """A lease that cannot be had is a conflict; a bad answer is invalid input."""
        if isinstance(problem, assigning.LeaseError):
            problem = Problem(409, "Not available", str(problem))
        if isinstance(problem, AnswerError):
            problem = Problem(422, "Answer refused", str(problem))
        return super().handle_exception(problem)


class NextView(LabelingView):
    """The next item."""

    @extend_schema(request=HoldingSerializer, responses=NextSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Lease the next item; those in `holding` are passed over."""
        project, given = self.work_on(request, slug, HoldingSerializer)
        return Response(self.next_item(request, project, given["holding"]))


class JudgmentsView(LabelingView):
    """Answers."""

    @extend_schema(request=SubmissionSerializer, responses={201: StoredSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Store an answer, and lease the next item in the same request if wanted."""
        seat = find_seat(request.user, slug, roles.LABELING)
        given = _read(SubmissionSerializer, request.data)
        done = answering.answer(
            seat=seat,
            submission=judging.Submission(
                given["assignment"],
                given["client_id"],
                given["answer"],
                given.get("seconds"),
                given["reason"],
                given.get("pasted"),
            ),
            wants_next=given["want_next"],
            holding=given["holding"],
        )
        said = None
        if done.judgment.standing == Judgment.Standing.PRACTICE:
            said = examining.explained(done.judgment)
        stored = {
            "judgment": done.judgment.pk,
            "revision": done.judgment.revision,
            "explained": said and asdict(said),
        }
        screening = done.screening and asdict(done.screening)
        following = self.told(request, seat.project, done.item, screening, done.seat)
        return Response(stored | following, status=status.HTTP_201_CREATED)


class UndoView(LabelingView):
    """Taking the last answer back."""

    @extend_schema(request=None, responses=NextSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Withdraw one's last answer; the item comes back with it as draft, or null."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        assignment = judging.undo_last(person=request.user, project=project)
        return Response(self.told(request, project, assignment))


class RecentView(LabelingView):
    """One's own recent items."""

    @extend_schema(responses=RecentItemSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The last 20 items one answered, newest first."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        items = own_work.recent_items(person=request.user, project=project, limit=RECENT)
        return Response(RecentItemSerializer(items, many=True).data)


class CorrectView(LabelingView):
    """Going back to an answered item."""

    @extend_schema(request=CorrectSerializer, responses=NextSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """The item with one's answer as draft; an answer to it becomes a new revision."""
        project, given = self.work_on(request, slug, CorrectSerializer)
        assignment = correcting.open_again(
            person=request.user, project=project, assignment_id=given["assignment"]
        )
        return Response(self.told(request, project, assignment))


class SkipView(LabelingView):
    """Giving an item back unanswered."""

    @extend_schema(request=SkipSerializer, responses=NextSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Skip an item and lease the next one."""
        project, given = self.work_on(request, slug, SkipSerializer)
        assigning.skip(
            assignment_id=given["assignment"], person=request.user, reason=given["reason"]
        )
        return Response(self.next_item(request, project, given["holding"]))


class DraftView(LabelingView):
    """Keeping what was entered so far."""

    @extend_schema(request=DraftSerializer, responses={204: None})
    def put(self, request: Request, slug: str) -> Response:
        """Keep a draft; it comes back with the item, on any device."""
        _project, given = self.work_on(request, slug, DraftSerializer)
        assigning.save_draft(
            assignment_id=given["assignment"], person=request.user, draft=given["draft"]
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
