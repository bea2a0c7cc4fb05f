"""The API of comments on a task, and of the notes that wait to become a change of guidelines."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.models import Comment, Task
from annotation.review import commenting
from labelers import roles
from labelers.paging import IdCursorPagination


class CommentSerializer(serializers.ModelSerializer):
    """A comment; ``guidelines`` is the version of the guidelines that came of it."""

    person = serializers.CharField(source="person.username", allow_null=True, default=None)
    resolved_by = serializers.CharField(
        source="resolved_by.username", allow_null=True, default=None
    )
    guidelines = serializers.IntegerField(
        source="guidelines.version", allow_null=True, default=None
    )

    class Meta:
        model = Comment
        fields = [
            *("id", "task", "person", "text", "for_labelers", "created_at"),
            *("guidelines", "resolved_by", "resolved_at"),
        ]
        read_only_fields = fields


class NewCommentSerializer(serializers.Serializer):
    """Something to say about a task."""

    text = serializers.CharField(max_length=commenting.LONGEST)
    for_labelers = serializers.BooleanField(required=False, default=False)


class CommentChangeSerializer(serializers.Serializer):
    """What becomes of a comment."""

    resolved = serializers.BooleanField()


class OldestFirst(IdCursorPagination):
    """A thread is read from its beginning."""

    ordering = "id"


class CommentsView(generics.ListAPIView):
    """The thread of a task."""

    serializer_class = CommentSerializer
    pagination_class = OldestFirst
    token_scope = "admin"

    def get_queryset(self) -> Any:
        """Everything said about a task, oldest first."""
        if getattr(self, "swagger_fake_view", False):
            return Comment.objects.none()
        return commenting.thread_of(self.find(self.request, self.kwargs["slug"], self.kwargs["pk"]))

    @extend_schema(request=NewCommentSerializer, responses={201: CommentSerializer})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Say something about a task."""
        task = self.find(request, slug, pk)
        serializer = NewCommentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = commenting.comment(task=task, person=request.user, **serializer.validated_data)
        return Response(CommentSerializer(made).data, status=status.HTTP_201_CREATED)

    def find(self, request: Request, slug: str, pk: int) -> Task:
        """The task, for those who may comment."""
        project = roles.find_project(request.user, slug, roles.COMMENTING)
        return get_object_or_404(Task, pk=pk, project=project)


class CommentView(APIView):
    """One comment."""

    token_scope = "admin"

    @extend_schema(request=CommentChangeSerializer, responses=CommentSerializer)
    def patch(self, request: Request, slug: str, pk: int) -> Response:
        """Resolve a comment, or open it again."""
        project = roles.find_project(request.user, slug, roles.COMMENTING)
        comment = get_object_or_404(Comment, pk=pk, task__project=project)
        serializer = CommentChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        resolved = serializer.validated_data["resolved"]
        deed = commenting.resolve if resolved else commenting.reopen
        deed(comment=comment, person=request.user)
        comment.refresh_from_db()
        return Response(CommentSerializer(comment).data)


class OpenNotesView(generics.ListAPIView):
    """The notes for labelers that wait to become a change of the guidelines."""

    serializer_class = CommentSerializer
    token_scope = "admin"

    def get_queryset(self) -> Any:
        """Newest first."""
        if getattr(self, "swagger_fake_view", False):
            return Comment.objects.none()
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.COMMENTING)
        return commenting.open_notes(project)
