"""The API about people: oneself, one's tokens, the members and invitations of a project."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import generics, parsers, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labelers import inviting, preferences, queries, roles, tokens
from labelers.models import ApiToken, Invitation, Person, Role


class MeSerializer(serializers.ModelSerializer):
    """The person who asks."""

    class Meta:
        model = Person
        fields = ["id", "username", "language", "pseudonym", "is_staff"]
        read_only_fields = ["id", "username", "pseudonym", "is_staff"]


class PreferencesSerializer(serializers.Serializer):
    """How pages look and work for the person who asks. `labelers.preferences` checks them."""

    theme = serializers.ChoiceField(preferences.THEMES)
    text_size = serializers.ChoiceField(preferences.TEXT_SIZES)
    keys = serializers.DictField(child=serializers.CharField())
    submit_at_once = serializers.BooleanField()
    cover_first = serializers.BooleanField()


class TokenSerializer(serializers.ModelSerializer):
    """An API token; ``secret`` is there once, in the answer to making it."""

    scopes = serializers.ListField(
        child=serializers.ChoiceField(ApiToken.Scope.choices), allow_empty=False
    )
    secret = serializers.CharField(read_only=True, required=False)

    class Meta:
        model = ApiToken
        fields = ["id", "name", "scopes", "expires_at", "last_used_at", "created_at", "secret"]
        read_only_fields = ["id", "last_used_at", "created_at"]


class MemberSerializer(serializers.Serializer):
    """A member of a project."""

    username = serializers.CharField(source="person.username")
    pseudonym = serializers.CharField(source="person.pseudonym")
    roles = serializers.ListField(child=serializers.CharField())
    since = serializers.DateTimeField()
    stage = serializers.CharField(allow_null=True)


class InvitationSerializer(serializers.ModelSerializer):
    """An invitation; ``link`` is there once, in the answer to making it."""

    role = serializers.ChoiceField(Role.choices)
    max_uses = serializers.IntegerField(min_value=1, max_value=10_000, default=1)
    link = serializers.URLField(read_only=True, required=False)

    class Meta:
        model = Invitation
        fields = ["id", "role", "note", "max_uses", "uses", "expires_at", "created_at", "link"]
        read_only_fields = ["id", "uses", "created_at"]
        extra_kwargs = {"expires_at": {"required": False}}


class MeView(generics.RetrieveUpdateAPIView):
    """Oneself."""

    serializer_class = MeSerializer
    http_method_names = ["get", "patch", "options"]

    def get_object(self) -> Person:
        """The person who asks."""
        return self.request.user


class PreferencesView(APIView):
    """One's own preferences."""

    parser_classes = [parsers.JSONParser]
    token_scope = "label"

    @extend_schema(responses=PreferencesSerializer)
    def get(self, request: Request) -> Response:
        """All of them, with the defaults of those that were never set."""
        return Response(preferences.preferences_of(request.user))

    @extend_schema(request=PreferencesSerializer(partial=True), responses=PreferencesSerializer)
    def patch(self, request: Request) -> Response:
        """Change those that are sent; `keys` are replaced all at once."""
        if not isinstance(request.data, dict):
            raise serializers.ValidationError("Send an object of preferences.")
        return Response(preferences.save_preferences(person=request.user, changes=request.data))


class TokensView(generics.ListCreateAPIView):
    """One's own API tokens."""

    serializer_class = TokenSerializer
    token_scope = "admin"

    def get_queryset(self) -> QuerySet[ApiToken]:
        """One's own tokens."""
        return self.request.user.api_tokens.all()

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a token; its secret is shown this once."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        token, secret = tokens.create_token(person=request.user, **serializer.validated_data)
        body = self.get_serializer(token).data | {"secret": secret}
        return Response(body, status=status.HTTP_201_CREATED)


class TokenView(generics.DestroyAPIView):
    """One of one's own tokens."""

    serializer_class = TokenSerializer
    token_scope = "admin"

    def get_queryset(self) -> QuerySet[ApiToken]:
        """One's own tokens."""
        return self.request.user.api_tokens.all()

    def perform_destroy(self, instance: ApiToken) -> None:
        """Revoke it."""
        tokens.revoke_token(token=instance, revoked_by=self.request.user)


class MembersView(APIView):
    """Who is in a project."""

    token_scope = "admin"

    @extend_schema(responses=MemberSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """All members, by the time they came."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        return Response(MemberSerializer(queries.members(project), many=True).data)


class InvitationsView(generics.ListCreateAPIView):
    """The open invitations of a project."""

    serializer_class = InvitationSerializer
    token_scope = "admin"

    def get_queryset(self) -> QuerySet[Invitation]:
        """The links that still let somebody in."""
        if getattr(self, "swagger_fake_view", False):
            return Invitation.objects.none()
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING)
        return queries.open_invitations(project)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a link; it is shown this once."""
        project = roles.find_project(request.user, kwargs["slug"], roles.MANAGING)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made, token = inviting.invite(
            project=project, created_by=request.user, **serializer.validated_data
        )
        link = request.build_absolute_uri(reverse("invitation", args=[token]))
        body = self.get_serializer(made).data | {"link": link}
        return Response(body, status=status.HTTP_201_CREATED)


class InvitationView(APIView):
    """One invitation."""

    token_scope = "admin"

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Withdraw it; who has come in stays."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        inviting.revoke(
            invitation=get_object_or_404(project.invitations, pk=pk), revoked_by=request.user
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
