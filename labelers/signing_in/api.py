"""The API about one's own sessions, and about locks for staff.

Second factors, passwords and addresses are changed in a browser only: a token must not be able to
take over the account that made it.
"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labelers import roles
from labelers.models import BrowserSession, SignInTries
from labelers.signing_in import guarding, sessions


class SessionSerializer(serializers.ModelSerializer):
    """A browser in which one is signed in; ``is_this`` where this request comes from it."""

    is_this = serializers.SerializerMethodField()

    class Meta:
        model = BrowserSession
        fields = ["id", "device", "address", "started_at", "seen_at", "is_this"]
        read_only_fields = fields

    def get_is_this(self, session: BrowserSession) -> bool:
        """Whether this is the session that asks."""
        return session.session_key == self.context["request"].session.session_key


class EndedSerializer(serializers.Serializer):
    """How many sessions were ended."""

    ended = serializers.IntegerField()


class LockSerializer(serializers.ModelSerializer):
    """A person or an address that is locked after too many tries."""

    username = serializers.CharField(source="person.username", default=None, allow_null=True)

    class Meta:
        model = SignInTries
        fields = ["key", "username", "count", "locked_until"]
        read_only_fields = fields


class KeySerializer(serializers.Serializer):
    """What to unlock: ``key`` as the list of locks names it."""

    key = serializers.CharField(max_length=80)


class SessionsView(APIView):
    """One's own open sessions."""

    token_scope = "admin"

    @extend_schema(responses=SessionSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All of them, the last used first."""
        found = sessions.open_sessions(request.user)
        return Response(SessionSerializer(found, many=True, context={"request": request}).data)


class SessionView(APIView):
    """One of one's own sessions."""

    token_scope = "admin"

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """End it."""
        found = get_object_or_404(sessions.open_sessions(request.user), pk=pk)
        sessions.end(person=request.user, session=found, ended_by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class EndOthersView(APIView):
    """All of one's own sessions but the one that asks."""

    token_scope = "admin"

    @extend_schema(request=None, responses=EndedSerializer)
    def post(self, request: Request) -> Response:
        """End them; with a token, all of them."""
        ended = sessions.end_others(
            person=request.user, kept=request.session.session_key, ended_by=request.user
        )
        return Response({"ended": ended})


class LocksView(APIView):
    """What is locked after too many tries to sign in; for staff."""

    token_scope = "admin"

    @extend_schema(responses=LockSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All locks, the first to end first."""
        roles.require_staff(request.user)
        return Response(LockSerializer(guarding.locked(), many=True).data)


class UnlockView(APIView):
    """One lock; for staff."""

    token_scope = "admin"

    @extend_schema(request=KeySerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Lift it."""
        roles.require_staff(request.user)
        asked = KeySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        was_locked = guarding.unlock(key=asked.validated_data["key"], unlocked_by=request.user)
        if not was_locked:
            raise NotFound("There is no such lock.")
        return Response(status=status.HTTP_204_NO_CONTENT)
