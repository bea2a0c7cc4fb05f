"""The API of letters: the log for staff, and invitations that go by e-mail."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labelers import inviting, roles
from labelers.mailing.choosing import group_of
from labelers.models import Letter, Role


class LetterSerializer(serializers.ModelSerializer):
    """A letter and what became of it; ``about`` is a group of notices or an invitation."""

    person = serializers.CharField(source="person.username", allow_null=True, default=None)
    about = serializers.SerializerMethodField()

    class Meta:
        model = Letter
        fields = [
            *("id", "person", "address", "about", "state", "attempts", "problem"),
            *("created_at", "due_at", "sent_at"),
        ]
        read_only_fields = fields

    def get_about(self, letter: Letter) -> str:
        """What it is about."""
        return group_of(letter.notice.kind) if letter.notice else "invitation"


class MailedInvitationsSerializer(serializers.Serializer):
    """Whom to invite; each address gets a link of its own."""

    role = serializers.ChoiceField(Role.choices)
    addresses = serializers.ListField(
        child=serializers.CharField(max_length=254), min_length=1, max_length=inviting.MOST_MAILED
    )
    note = serializers.CharField(max_length=120, required=False, allow_blank=True)


class MailedSerializer(serializers.Serializer):
    """How many invitations are on their way."""

    invited = serializers.IntegerField()


class LettersView(generics.ListAPIView):
    """The letters of this site."""

    serializer_class = LetterSerializer
    token_scope = "admin"

    def get_queryset(self) -> Any:
        """Newest first; for staff."""
        if getattr(self, "swagger_fake_view", False):
            return Letter.objects.none()
        if not self.request.user.is_staff:
            raise PermissionDenied("Only staff may see the letters of this site.")
        return Letter.objects.select_related("person", "notice")


class MailedInvitationsView(APIView):
    """Inviting by e-mail."""

    token_scope = "admin"

    @extend_schema(request=MailedInvitationsSerializer, responses={202: MailedSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Send everybody a link of their own; refused as a whole where one address is none."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = MailedInvitationsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = inviting.invite_by_mail(
            project=project,
            created_by=request.user,
            language=get_language() or "en",
            link=lambda token: request.build_absolute_uri(reverse("invitation", args=[token])),
            **serializer.validated_data,
        )
        return Response({"invited": len(made)}, status=status.HTTP_202_ACCEPTED)
