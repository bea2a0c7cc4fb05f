"""The API of appeals: decisions on one's own work, and the queue of a project's admins."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation import appealing
from annotation.models import Appeal
from labelers import roles
from labelers.paging import PlaceCursorPagination


class AppealSerializer(serializers.ModelSerializer):
    """An appeal and, once it is answered, the answer."""

    person = serializers.CharField(source="person.username")

    class Meta:
        model = Appeal
        fields = [
            *("id", "person", "about", "subject", "text", "state", "answer"),
            *("created_at", "answered_at"),
        ]
        read_only_fields = fields


class DecisionSerializer(serializers.Serializer):
    """A decision on one's own work that can be appealed by its ``subject``, or was."""

    about = serializers.ChoiceField(Appeal.About.choices)
    subject = serializers.CharField()
    at = serializers.DateTimeField()
    reason = serializers.CharField(allow_blank=True)
    amount = serializers.CharField(allow_blank=True)
    appeal = AppealSerializer(allow_null=True)


class NewAppealSerializer(serializers.Serializer):
    """Against which decision, and why."""

    subject = serializers.CharField(max_length=60)
    text = serializers.CharField(max_length=appealing.LONGEST_TEXT)


class AppealAnswerSerializer(serializers.Serializer):
    """Whether the decision stays, and why; the labeler reads it."""

    verdict = serializers.ChoiceField(["upheld", "reversed"])
    text = serializers.CharField(max_length=appealing.LONGEST_TEXT)


class OwnAppealsView(generics.ListAPIView):
    """Decisions on one's own work."""

    serializer_class = DecisionSerializer
    pagination_class = PlaceCursorPagination
    token_scope = "label"

    def get_queryset(self) -> Any:
        """Those that stand, newest first, with one's appeals."""
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.LABELING)
        return appealing.decisions_of(person=self.request.user, project=project)

    @extend_schema(request=NewAppealSerializer, responses={201: AppealSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Appeal against one, once."""
        project = roles.find_project(request.user, slug, roles.LABELING)
        serializer = NewAppealSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = appealing.appeal(project=project, person=request.user, **serializer.validated_data)
        return Response(AppealSerializer(made).data, status=status.HTTP_201_CREATED)


class AppealsView(generics.ListAPIView):
    """The appeals of a project."""

    serializer_class = AppealSerializer
    token_scope = "admin"

    def get_queryset(self) -> Any:
        """Newest first; those that wait have the state open."""
        if getattr(self, "swagger_fake_view", False):
            return Appeal.objects.none()
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING)
        return appealing.appeals_of(project)


class AppealView(APIView):
    """Answering an appeal."""

    token_scope = "admin"

    @extend_schema(request=AppealAnswerSerializer, responses=AppealSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Uphold or reverse the decision; reversing undoes it."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        found = get_object_or_404(Appeal, pk=pk, project=project)
        serializer = AppealAnswerSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        done = appealing.answer(appeal=found, answered_by=request.user, **serializer.validated_data)
        return Response(AppealSerializer(done).data)
