"""The API of items: the list that can be narrowed, its CSV file, and everything about one item."""

from __future__ import annotations

from django.http import Http404, StreamingHttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.work import AnyAccept
from annotation.explore import exploring, item_filters, item_story
from annotation.explore.item_filters import FilterError, Filters
from annotation.views.items import streamed
from labelers import roles

MOST = 200
HELP = {
    "labeler": "Items that this labeler answered: `p:ID` of a person or `i:NAME` of an import.",
    "other": "Items that this labeler answered too.",
    "source": "Items with a response of the source of this name.",
    "tag": "Items whose prompt has this tag.",
    "language": "Items whose prompt is in this language.",
    "week": "Items answered in this ISO week, for example `2026-W47`.",
    "said": "Items of which the first, the second or neither was said to be better.",
    "strength": "Items answered with this strength.",
    "standing": "Items with an answer of this standing, for example `voided`.",
    "disputed": "1: not all said the same; with labeler and other: these two did not.",
    "gold": "1: gold items.",
    "contested": "1: items about which complete answers disagreed, asked of more people.",
    "wrong": "1: gold items that somebody, or the labeler, answered against what is expected.",
    "order": "`newest`, or `disagreement`: only disputed items, the most disputed first.",
}
PARAMETERS = [
    OpenApiParameter(
        name,
        enum={
            "said": list(item_filters.SAID),
            "strength": list(item_filters.STRENGTHS),
            "standing": list(item_filters.Judgment.Standing.values),
            "order": list(item_filters.ORDERS),
            **{flag: ["0", "1"] for flag in ("disputed", "gold", "wrong", "contested")},
        }.get(name),
        description=HELP[name],
    )
    for name in item_filters.NAMES
]


class AnswerShareSerializer(serializers.Serializer):
    """How many answers prefer one thing: a letter (A is the first in canonical order), `good`,
    `bad`, `tie` or `none`."""

    name = serializers.CharField()
    count = serializers.IntegerField()
    share = serializers.FloatField()


class ListedItemSerializer(serializers.Serializer):
    """One item of the list."""

    id = serializers.IntegerField(source="task.pk")
    kind = serializers.CharField(source="task.kind")
    criterion = serializers.CharField(source="task.criterion")
    language = serializers.CharField(source="task.prompt.language")
    tags = serializers.ListField(child=serializers.CharField(), source="task.prompt.tags")
    state = serializers.CharField(source="task.state")
    is_gold = serializers.BooleanField(source="task.is_gold")
    excerpt = serializers.CharField()
    sources = serializers.ListField(child=serializers.CharField())
    answers = serializers.IntegerField()
    split = AnswerShareSerializer(many=True)
    agreement = serializers.FloatField(allow_null=True)


class ListedItemsSerializer(serializers.Serializer):
    """A page of items; ``next`` is the address of the next one."""

    next = serializers.URLField(allow_null=True)
    results = ListedItemSerializer(many=True)


class GivenRevisionSerializer(serializers.Serializer):
    """One answer as it was given."""

    id = serializers.IntegerField(source="judgment.pk")
    answer = serializers.JSONField(source="judgment.answer")
    words = serializers.CharField()
    reason = serializers.CharField(source="judgment.reason")
    seconds = serializers.FloatField(source="judgment.seconds", allow_null=True)
    shown = serializers.ListField(child=serializers.CharField())
    standing = serializers.CharField(source="judgment.standing")
    revision = serializers.IntegerField(source="judgment.revision")
    guideline_version = serializers.IntegerField(
        source="judgment.guideline_version", allow_null=True
    )
    created_at = serializers.DateTimeField(source="judgment.created_at")
    right = serializers.BooleanField(allow_null=True)


class GivenAnswerSerializer(GivenRevisionSerializer):
    """The newest answer of one labeler; ``before`` are earlier revisions, newest first."""

    labeler = serializers.CharField(source="key")
    name = serializers.CharField()
    before = GivenRevisionSerializer(many=True)


class PlacedResponseSerializer(serializers.Serializer):
    """One response of an item; the first is A."""

    source = serializers.CharField(source="response.source.name")
    messages = serializers.JSONField(source="response.messages")


class ExpectedOfItemSerializer(serializers.Serializer):
    """What is expected of a gold item."""

    answer = serializers.JSONField(allow_null=True)
    explanation = serializers.CharField()
    origin = serializers.CharField()
    created_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)


class ConsensusOfItemSerializer(serializers.Serializer):
    """What the answers say together."""

    method = serializers.CharField()
    comparisons = serializers.JSONField()
    ranks = serializers.JSONField(allow_null=True)
    agreement = serializers.FloatField(allow_null=True)
    judgments = serializers.IntegerField()


class ItemStorySerializer(serializers.Serializer):
    """Everything about one item."""

    id = serializers.IntegerField(source="task.pk")
    kind = serializers.CharField(source="task.kind")
    criterion = serializers.CharField(source="task.criterion")
    language = serializers.CharField(source="task.prompt.language")
    tags = serializers.ListField(child=serializers.CharField(), source="task.prompt.tags")
    state = serializers.CharField(source="task.state")
    is_gold = serializers.BooleanField(source="task.is_gold")
    prompt = serializers.JSONField(source="task.prompt.messages")
    reference = serializers.CharField(source="task.prompt.reference", allow_null=True)
    responses = PlacedResponseSerializer(source="placed", many=True)
    answers = GivenAnswerSerializer(many=True)
    consensus = ConsensusOfItemSerializer(allow_null=True)
    gold = ExpectedOfItemSerializer(allow_null=True)


def filters_of(request: Request, *beside: str) -> tuple[Filters, dict[str, str]]:
    """The filters of a request, and the parameters that it may have `beside` them.

    Raises:
        ValidationError: naming the filter and the remedy.
    """
    given = request.query_params.dict()
    others = {name: given.pop(name, "") for name in beside}
    try:
        return item_filters.parse(given), others
    except FilterError as problem:
        raise refused(problem) from problem


def refused(problem: FilterError) -> ValidationError:
    """A filter that cannot be used, as the API says it."""
    return ValidationError({problem.name or "non_field_errors": [str(problem)]})


class ItemsView(APIView):
    """The items of a project."""

    token_scope = "export"

    @extend_schema(
        parameters=[
            *PARAMETERS,
            OpenApiParameter("cursor", description="Where the last page ended; see `next`."),
            OpenApiParameter("page_size", int, description=f"1 to {MOST}; 25 without it."),
        ],
        responses=ListedItemsSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """A page of items, each with how its answers divide."""
        project = roles.find_project(request.user, slug, roles.READING)
        filters, beside = filters_of(request, "cursor", "page_size")
        size = beside["page_size"] or str(exploring.PAGE)
        if not (size.isascii() and size.isdecimal() and len(size) < 4 and 0 < int(size) <= MOST):
            raise ValidationError({"page_size": [_("Give a number from 1 to %d.") % MOST]})
        try:
            page = exploring.page_of_items(
                project=project, filters=filters, cursor=beside["cursor"], size=int(size)
            )
        except FilterError as problem:
            raise refused(problem) from problem
        following = None
        if page.next_cursor:
            query = {**filters.given, "cursor": page.next_cursor, "page_size": size}
            following = request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
        return Response(ListedItemsSerializer({"next": following, "results": page.items}).data)


class ItemsFileView(APIView):
    """The items of a project as a file."""

    token_scope = "export"
    content_negotiation_class = AnyAccept

    @extend_schema(parameters=PARAMETERS, responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """All items that the filters ask for, as CSV."""
        project = roles.find_project(request.user, slug, roles.READING)
        filters, _nothing = filters_of(request)
        try:
            return streamed(project, filters)
        except FilterError as problem:
            raise refused(problem) from problem


class ItemView(APIView):
    """One item."""

    token_scope = "export"

    @extend_schema(responses=ItemStorySerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Its texts, every answer with its labeler, the consensus and the gold."""
        project = roles.find_project(request.user, slug, roles.READING)
        story = item_story.story_of(project=project, pk=pk)
        if story is None:
            raise Http404(_("No such item."))
        return Response(ItemStorySerializer(story).data)
