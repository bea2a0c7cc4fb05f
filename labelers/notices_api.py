"""The API of one's own notices."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labelers import notifying
from labelers.models import Notice


class NoticeSerializer(serializers.ModelSerializer):
    """A notice: its sentence in the reader's language, and the page that it is about."""

    project = serializers.CharField(source="project.slug", allow_null=True, default=None)
    sentence = serializers.SerializerMethodField()
    address = serializers.SerializerMethodField()

    class Meta:
        model = Notice
        fields = [
            *("id", "kind", "project", "sentence", "address"),
            *("detail", "created_at", "read_at"),
        ]

    def get_sentence(self, notice: Notice) -> str:
        """What it says."""
        return notifying.sentence_of(notice)

    def get_address(self, notice: Notice) -> str:
        """The path of its page; empty where it has none."""
        return notifying.address_of(notice)


class NoticesReadSerializer(serializers.Serializer):
    """Which notices were read; without ``notices`` all of them."""

    notices = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), required=False
    )


class NoticesView(generics.ListAPIView):
    """One's own notices."""

    serializer_class = NoticeSerializer
    token_scope = "label"

    @extend_schema(
        parameters=[
            OpenApiParameter("unread", enum=["", "0", "1"], description="1 or empty: only those.")
        ]
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        return self.list(request)

    def get_queryset(self) -> QuerySet[Notice]:
        """Newest first; with ``?unread`` only those."""
        if getattr(self, "swagger_fake_view", False):
            return Notice.objects.none()
        if self.request.query_params.get("unread", "0") != "0":
            return notifying.unread_of(self.request.user)
        return notifying.notices_of(self.request.user)


class NoticesReadView(APIView):
    """Reading notices."""

    token_scope = "label"

    @extend_schema(request=NoticesReadSerializer, responses={200: dict[str, int]})
    def post(self, request: Request) -> Response:
        """Mark notices as read; answers how many became so."""
        serializer = NoticesReadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        count = notifying.mark_read(person=request.user, **serializer.validated_data)
        return Response({"read": count})
