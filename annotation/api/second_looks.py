"""The API of second looks: the queue, opening an item, deciding on it, giving it back."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import judging, queries
from annotation.api.labeling import ItemSerializer
from annotation.assigning import LeaseError
from annotation.review import adjudicating, second_looks
from annotation.review.adjudicating import Opened
from annotation.review.second_looks import Narrowing
from annotation.task_kinds.base import AnswerError
from labelers import roles
from labelers.models import Person, Project
from labelers.paging import PlaceCursorPagination
from labelers.problems import Problem


class NarrowingSerializer(serializers.Serializer):
    """Which part of the queue: by language, tag and reason, and whether again."""

    language = serializers.CharField(required=False, allow_blank=True, max_length=16, default="")
    tag = serializers.CharField(required=False, allow_blank=True, max_length=60, default="")
    why = serializers.ChoiceField(
        ["", *second_looks.WHYS], required=False, allow_blank=True, default=""
    )
    again = serializers.BooleanField(required=False, default=False)

    def narrowing(self) -> Narrowing:
        """What was asked for."""
        given = self.validated_data
        return Narrowing(given["language"], given["tag"], given["why"], given["again"])


class SecondLookClaimSerializer(NarrowingSerializer):
    """What one would like to look at; `task` asks for one item by its number."""

    task = serializers.IntegerField(required=False, min_value=1, max_value=2**62, default=None)


class SecondLookWorthSerializer(serializers.Serializer):
    """An item of the queue: its score, the parts of it (each from 0 to 1), and why in words."""

    task = serializers.IntegerField()
    score = serializers.FloatField()
    split = serializers.FloatField()
    closeness = serializers.FloatField()
    undecided = serializers.BooleanField()
    cycle = serializers.BooleanField()
    strong = serializers.BooleanField()
    reports = serializers.IntegerField()
    priority = serializers.FloatField()
    rare = serializers.BooleanField()
    judgments = serializers.IntegerField()
    why = serializers.ListField(child=serializers.CharField())


class SecondLookProgressSerializer(serializers.Serializer):
    """How far second looks are."""

    waiting = serializers.IntegerField()
    decided = serializers.IntegerField()
    own = serializers.IntegerField()
    in_hand = serializers.IntegerField()


class SecondLookQueueSerializer(serializers.Serializer):
    """A page of the queue, worthiest first; ``next`` is the address of the next one."""

    progress = SecondLookProgressSerializer()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    items = SecondLookWorthSerializer(many=True)


class SaidOfItemSerializer(serializers.Serializer):
    """What one labeler said; ``answer`` speaks of the responses in the order of ``item``."""

    letter = serializers.CharField()
    answer = serializers.DictField()
    words = serializers.CharField()
    reason = serializers.CharField()
    own_letters = serializers.ListField(child=serializers.CharField())
    second_look = serializers.BooleanField()


class SecondLookSerializer(serializers.Serializer):
    """An item to look at: as a labeler sees it, why it is looked at, and what was said."""

    task = serializers.IntegerField()
    item = ItemSerializer()
    why = serializers.ListField(child=serializers.CharField())
    said = SaidOfItemSerializer(many=True)


class SecondLookClaimedSerializer(serializers.Serializer):
    """The item that is now in one's hands, null when nothing is left."""

    look = SecondLookSerializer(allow_null=True)
    progress = SecondLookProgressSerializer()


class SecondLookDecisionSerializer(serializers.Serializer):
    """A decision; sending it again with the same client_id changes nothing."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)
    client_id = serializers.UUIDField()
    answer = serializers.DictField()
    reason = serializers.CharField(max_length=judging.MAX_REASON)
    seconds = serializers.FloatField(required=False, allow_null=True)


class SecondLookDecidedSerializer(serializers.Serializer):
    """The judgment that the decision became."""

    judgment = serializers.IntegerField()
    revision = serializers.IntegerField()
    progress = SecondLookProgressSerializer()


class SecondLookPassSerializer(serializers.Serializer):
    """An item to be given back undecided."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


def progress_of(person: Person, project: Project, narrowing: Narrowing) -> dict[str, int]:
    """How many wait for `person` in a part of the queue, and how far it is in all."""
    queue = second_looks.queue_of(project=project, person=person, narrowing=narrowing, limit=1)
    progress = second_looks.progress_of(project=project, person=person)
    return {
        "waiting": queue.waiting,
        "decided": progress.decided,
        "own": progress.own,
        "in_hand": progress.in_hand,
    }


def look_of(opened: Opened) -> dict[str, Any]:
    """An opened item as the API tells it."""
    return {
        "task": opened.assignment.task_id,
        "item": queries.item_payload(opened.assignment),
        "why": opened.why,
        "said": SaidOfItemSerializer(opened.said, many=True).data,
    }


class SecondLookView(APIView):
    """What all calls of second looks share: the role, the scope and what is refused."""

    token_scope = "label"

    def find(self, request: Request, slug: str) -> Project:
        """The project, for adjudicators and admins."""
        return roles.find_project(request.user, slug, roles.ADJUDICATING)

    def handle_exception(self, problem: Exception) -> Response:
        """An item that cannot be had is a conflict; a bad answer is invalid input."""
        if isinstance(problem, LeaseError):
            problem = Problem(409, "Not available", str(problem))
        if isinstance(problem, AnswerError):
            problem = Problem(422, "Answer refused", str(problem))
        return super().handle_exception(problem)


class QueueView(SecondLookView):
    """The queue."""

    @extend_schema(
        parameters=[
            NarrowingSerializer,
            OpenApiParameter("cursor", description="Where the last page ended; see `next`."),
            OpenApiParameter("page_size", int, description="1 to 200; 50 without it."),
        ],
        responses=SecondLookQueueSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """A page of what one could look at now, worthiest first."""
        project = self.find(request, slug)
        query = NarrowingSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        narrowing, pages = query.narrowing(), PlaceCursorPagination()
        size, start = pages.get_page_size(request), pages.start_of(request)
        queue = second_looks.queue_of(
            project=project,
            person=request.user,
            narrowing=narrowing,
            limit=size + 1,
            offset=start,
        )
        pages.place(request, start, size, is_more=len(queue.items) > size)
        body = {
            "progress": progress_of(request.user, project, narrowing),
            "next": pages.get_next_link(),
            "previous": pages.get_previous_link(),
            "items": [{**vars(worth), "why": worth.why()} for worth in queue.items[:size]],
        }
        return Response(SecondLookQueueSerializer(body).data)


class ClaimView(SecondLookView):
    """Opening an item."""

    @extend_schema(request=SecondLookClaimSerializer, responses=SecondLookClaimedSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Take the worthiest item, or the one asked for; it is written down who looked."""
        project = self.find(request, slug)
        serializer = SecondLookClaimSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        narrowing = serializer.narrowing()
        opened = adjudicating.claim(
            project=project,
            person=request.user,
            narrowing=narrowing,
            task_id=serializer.validated_data["task"],
        )
        return Response(
            {
                "look": opened and look_of(opened),
                "progress": progress_of(request.user, project, narrowing),
            }
        )


class DecideView(SecondLookView):
    """Deciding."""

    @extend_schema(
        request=SecondLookDecisionSerializer, responses={201: SecondLookDecidedSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Store a decision as one more judgment, with its reason."""
        project = self.find(request, slug)
        serializer = SecondLookDecisionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        judgment = adjudicating.decide(
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
        body = {
            "judgment": judgment.pk,
            "revision": judgment.revision,
            "progress": progress_of(request.user, project, Narrowing()),
        }
        return Response(body, status=status.HTTP_201_CREATED)


class PassView(SecondLookView):
    """Giving an item back."""

    @extend_schema(request=SecondLookPassSerializer, responses={204: None})
    def post(self, request: Request, slug: str) -> Response:
        """Give an item back undecided; somebody else may look at it."""
        project = self.find(request, slug)
        serializer = SecondLookPassSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        adjudicating.pass_over(
            assignment_id=given["assignment"],
            person=request.user,
            project=project,
            reason=given["reason"],
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
