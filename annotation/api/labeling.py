"""The API of labeling, which the labeling page uses too: items, answers, undo, skip, drafts."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import assigning, correcting, judging, own_work, queries
from annotation.task_kinds.base import MAX_TEXT, AnswerError
from labelers import roles
from labelers.models import Project
from labelers.problems import Problem

# Forty turns of a conversation, of which a few are as long as a text may be.
MAX_DRAFT = 10 * MAX_TEXT
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
    """An item as its labeler sees it; answers speak of responses in this order."""

    assignment = serializers.IntegerField()
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


class NextSerializer(serializers.Serializer):
    """The next item, null when nothing is left, and how far the labeler is."""

    item = ItemSerializer(allow_null=True)
    work = WorkSerializer()


class HoldingSerializer(serializers.Serializer):
    """What the client shows or has preloaded."""

    holding = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=50, default=list
    )


class SubmissionSerializer(HoldingSerializer):
    """An answer; sending it again with the same client_id changes nothing."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)
    client_id = serializers.UUIDField()
    answer = serializers.DictField()
    seconds = serializers.FloatField(required=False, allow_null=True)
    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=judging.MAX_REASON, default=""
    )
    want_next = serializers.BooleanField(default=True)


class StoredSerializer(NextSerializer):
    """The judgment that was stored, and the next item if it was wanted."""

    judgment = serializers.IntegerField()
    revision = serializers.IntegerField()


class RecentItemSerializer(serializers.Serializer):
    """An item that was answered, and until when the answer may be corrected."""

    assignment = serializers.IntegerField()
    answered_at = serializers.DateTimeField(source="at")
    revision = serializers.IntegerField()
    excerpt = serializers.CharField()
    correctable_until = serializers.DateTimeField()


class CorrectSerializer(serializers.Serializer):
    """An answered item to be shown again."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)


class SkipSerializer(HoldingSerializer):
    """An item to be given back."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class DraftSerializer(serializers.Serializer):
    """What was entered so far, as the client wants it back."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)
    draft = serializers.DictField()

    def validate_draft(self, draft: dict[str, Any]) -> dict[str, Any]:
        """Refuse what no person typed."""
        if len(str(draft)) > MAX_DRAFT:
            raise serializers.ValidationError(f"longer than {MAX_DRAFT:,} characters; shorten it.")
        return draft


class LabelingView(APIView):
    """What all labeling calls share: the role, the scope, and leases that cannot be had."""

    token_scope = "label"

    def work_on(self, request: Request, slug: str, serializer_class: type) -> tuple[Any, Any]:
        """The project to label in and the validated body."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        serializer = serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        return project, serializer.validated_data

    def next_item(self, request: Request, project: Project, holding: list[int]) -> dict[str, Any]:
        """The next item and how far the labeler is."""
        assignment = assigning.next_assignment(
            project=project, person=request.user, holding=holding
        )
        return {
            "item": assignment and queries.item_payload(assignment),
            "work": queries.work_of(request.user, project),
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
        project, given = self.work_on(request, slug, SubmissionSerializer)
        judgment = judging.submit(
            person=request.user,
            project=project,
            submission=judging.Submission(
                given["assignment"],
                given["client_id"],
                given["answer"],
                given.get("seconds"),
                given["reason"],
            ),
        )
        stored = {"judgment": judgment.pk, "revision": judgment.revision}
        try:
            following = self._following(request, project, given)
        except assigning.LeaseError:
            # The answer is stored; that nothing follows must not make it look lost.
            following = {"item": None, "work": queries.work_of(request.user, project)}
        return Response(stored | following, status=status.HTTP_201_CREATED)

    def _following(
        self, request: Request, project: Project, given: dict[str, Any]
    ) -> dict[str, Any]:
        if given["want_next"]:
            return self.next_item(request, project, given["holding"])
        return {"item": None, "work": queries.work_of(request.user, project)}


class UndoView(LabelingView):
    """Taking the last answer back."""

    @extend_schema(request=None, responses=NextSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Withdraw one's last answer; the item comes back with it as draft, or null."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        assignment = judging.undo_last(person=request.user, project=project)
        item = assignment and queries.item_payload(assignment)
        return Response({"item": item, "work": queries.work_of(request.user, project)})


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
        return Response(
            {
                "item": queries.item_payload(assignment),
                "work": queries.work_of(request.user, project),
            }
        )


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
