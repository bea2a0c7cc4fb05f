"""The API about people: oneself, one's tokens, the members and invitations of a project."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labelers import inviting, preferences, queries, roles, tokens
from labelers.mailing import choosing
from labelers.models import ApiToken, Invitation, Person, Role
from labelers.paging import PlaceCursorPagination
from labelers.problems import Problem


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
    languages = serializers.ListField(
        child=serializers.RegexField(preferences.LANGUAGE),
        help_text="Codes (en, ja) of those whose items one is given; none: whatever comes.",
    )
    mail = serializers.DictField(
        child=serializers.ChoiceField(list(choosing.CHOICES)),
        help_text="By group of notices (standing, pay, work, admin, account): whether they also go "
        "by e-mail, and how soon.",
    )


class TokenSerializer(serializers.ModelSerializer):
    """An API token."""

    scopes = serializers.ListField(
        child=serializers.ChoiceField(ApiToken.Scope.choices), allow_empty=False
    )

    class Meta:
        model = ApiToken
        fields = ["id", "name", "scopes", "expires_at", "last_used_at", "created_at"]
        read_only_fields = ["id", "last_used_at", "created_at"]
        extra_kwargs = {
            "expires_at": {"help_text": "null: never; 90 days from now where it is left out."}
        }


class MadeTokenSerializer(TokenSerializer):
    """A new token with its ``secret``, which is shown this once."""

    secret = serializers.CharField()

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "secret"]


class MemberSerializer(serializers.Serializer):
    """A member of a project."""

    username = serializers.CharField(source="person.username")
    pseudonym = serializers.CharField(source="person.pseudonym")
    roles = serializers.ListField(child=serializers.CharField())
    since = serializers.DateTimeField()
    stage = serializers.CharField(allow_null=True)


class InvitationSerializer(serializers.ModelSerializer):
    """An invitation."""

    role = serializers.ChoiceField(Role.choices)
    max_uses = serializers.IntegerField(min_value=1, max_value=10_000, default=1)

    class Meta:
        model = Invitation
        fields = ["id", "role", "note", "max_uses", "uses", "expires_at", "created_at"]
        read_only_fields = ["id", "uses", "created_at"]
        extra_kwargs = {"expires_at": {"required": False}}


class MadeInvitationSerializer(InvitationSerializer):
    """A new invitation with its ``link``, which is shown this once."""

    link = serializers.URLField()

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "link"]


class AcceptedInvitationSerializer(serializers.Serializer):
    """The last part of the link of an invitation."""

    token = serializers.CharField(max_length=200)


class JoinedProjectSerializer(serializers.Serializer):
    """The project that one is in now."""

    slug = serializers.CharField()
    name = serializers.CharField()


class MeView(generics.RetrieveUpdateAPIView):
    """Oneself."""

    serializer_class = MeSerializer
    http_method_names = ["get", "patch", "options"]

    def get_object(self) -> Person:
        """The person who asks."""
        return self.request.user


class PreferencesView(APIView):
    """One's own preferences."""

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

    @extend_schema(responses={201: MadeTokenSerializer})
    def post(self, request: Request) -> Response:
        """Make a token; its secret is shown this once.

        A token that is made with a token may do no more than that one, and not longer.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        token, secret = tokens.create_token(
            person=request.user,
            made_with=request.auth,
            **{"expires_at": tokens.usual_end(), **serializer.validated_data},
        )
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


class MembersView(generics.ListAPIView):
    """Who is in a project."""

    serializer_class = MemberSerializer
    pagination_class = PlaceCursorPagination
    token_scope = "admin"

    def get_queryset(self) -> list[queries.Member]:
        """All members, by the time they came."""
        project = roles.find_project(self.request.user, self.kwargs["slug"], roles.MANAGING)
        return queries.members(project)


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

    @extend_schema(responses={201: MadeInvitationSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Make a link; it is shown this once."""
        project = roles.find_project(request.user, slug, roles.MANAGING)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made, token = inviting.invite(
            project=project, created_by=request.user, **serializer.validated_data
        )
        link = request.build_absolute_uri(reverse("invitation", args=[token]))
        body = self.get_serializer(made).data | {"link": link}
        return Response(body, status=status.HTTP_201_CREATED)


class InvitationAcceptView(APIView):
    """Coming in by an invitation."""

    token_scope = "admin"

    @extend_schema(request=AcceptedInvitationSerializer, responses={200: JoinedProjectSerializer})
    def post(self, request: Request) -> Response:
        """Join the project of a link with the account one has; twice uses the link once."""
        serializer = AcceptedInvitationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            joined = inviting.accept(person=request.user, **serializer.validated_data)
        except inviting.InvitationError as problem:
            raise Problem(409, "Not available", str(problem)) from problem
        return Response(JoinedProjectSerializer(joined).data)


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
