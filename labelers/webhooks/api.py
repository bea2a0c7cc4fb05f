"""The API of webhooks: of a project for its admins, of the whole site for staff."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labelers.models import Webhook, WebhookDelivery
from labelers.models.webhooks import MOST_IN_A_REQUEST
from labelers.webhooks import keeping, payloads, queries
from labelers.webhooks.events import EVENTS


class WebhookEventSerializer(serializers.Serializer):
    """One kind of event; ``event`` is what `events` of a webhook lists."""

    event = serializers.CharField()
    title = serializers.CharField()
    group = serializers.CharField()


class WebhookSerializer(serializers.ModelSerializer):
    """A webhook and how it fares; ``secret`` is there once, in the answer to making it."""

    project = serializers.CharField(source="project.slug", allow_null=True, default=None)
    events = serializers.ListField(child=serializers.CharField())
    off_because = serializers.ChoiceField(["", *Webhook.Reason.values])
    deliveries_waiting = serializers.IntegerField(default=0)
    last_arrived_at = serializers.DateTimeField(default=None, allow_null=True)
    secret = serializers.CharField(required=False)

    class Meta:
        model = Webhook
        fields = [
            *("uid", "project", "name", "url", "events", "batch_size", "is_on", "off_because"),
            *("failures", "failing_since", "deliveries_waiting", "last_arrived_at", "created_at"),
            "secret",
        ]
        read_only_fields = fields


class NewWebhookSerializer(serializers.Serializer):
    """Who is to be told of what, at most so many events in one request."""

    name = serializers.CharField(max_length=80)
    url = serializers.CharField(max_length=2000, help_text="Begins with https://.")
    events = serializers.ListField(
        child=serializers.ChoiceField(list(EVENTS)), allow_empty=False, max_length=200
    )
    batch_size = serializers.IntegerField(
        min_value=1, max_value=MOST_IN_A_REQUEST, required=False, help_text="50 unless given."
    )


class WebhookChangeSerializer(NewWebhookSerializer):
    """What may be changed; what is left out stays."""

    is_on = serializers.BooleanField(required=False)


class SecretSerializer(serializers.Serializer):
    """A new secret, shown once; the one before signs beside it until ``former_until``."""

    secret = serializers.CharField()
    former_until = serializers.DateTimeField(allow_null=True)


class AttemptSerializer(serializers.Serializer):
    """One attempt; ``status`` 0 where nothing answered, and then ``error`` says why."""

    at = serializers.DateTimeField()
    status = serializers.IntegerField()
    seconds = serializers.FloatField()
    error = serializers.CharField(allow_blank=True)
    response = serializers.CharField(allow_blank=True)


class DeliverySerializer(serializers.ModelSerializer):
    """One delivery, without what it says."""

    kind = serializers.ChoiceField(WebhookDelivery.Kind.choices)
    state = serializers.ChoiceField(WebhookDelivery.State.choices)
    events = serializers.SerializerMethodField()
    attempts = AttemptSerializer(many=True)

    class Meta:
        model = WebhookDelivery
        fields = [
            *("uid", "sequence", "kind", "state", "events", "attempt_count", "attempts"),
            *("next_at", "give_up_at", "finished_at", "created_at"),
        ]
        read_only_fields = fields

    def get_events(self, delivery: WebhookDelivery) -> int:
        """How many events it tells of."""
        return len(delivery.event_ids)


class DeliveryWithBodySerializer(DeliverySerializer):
    """One delivery with what it says."""

    body = serializers.SerializerMethodField()

    class Meta(DeliverySerializer.Meta):
        fields = [*DeliverySerializer.Meta.fields, "body"]
        read_only_fields = fields

    def get_body(self, delivery: WebhookDelivery) -> str:
        """The body of its requests."""
        return payloads.bodies([delivery])[delivery.pk].decode()


class WebhookEventsView(APIView):
    """What webhooks may be told of."""

    token_scope = None

    @extend_schema(responses=WebhookEventSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every kind of event."""
        known = [
            {"event": name, "title": str(event.title), "group": str(event.group)}
            for name, event in EVENTS.items()
        ]
        return Response(WebhookEventSerializer(known, many=True).data)


class WebhooksView(generics.ListAPIView):
    """The webhooks of one place."""

    serializer_class = WebhookSerializer
    token_scope = "admin"

    def get_queryset(self) -> QuerySet[Webhook]:
        """Newest first."""
        if getattr(self, "swagger_fake_view", False):
            return Webhook.objects.none()
        place = queries.place_of(self.request.user, self.kwargs.get("slug"))
        return queries.webhooks_of(place)

    @extend_schema(request=NewWebhookSerializer, responses={201: WebhookSerializer})
    def post(self, request: Request, slug: str | None = None) -> Response:
        """Make a webhook; its secret is shown this once."""
        project = queries.place_of(request.user, slug)
        form = NewWebhookSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made, secret = keeping.create_webhook(
            project=project, created_by=request.user, **form.validated_data
        )
        body = WebhookSerializer(made).data | {"secret": secret}
        return Response(body, status=status.HTTP_201_CREATED)


class SiteWebhooksView(WebhooksView):
    """The webhooks of the whole site, for staff."""


class OneWebhook(APIView):
    """A view of one webhook."""

    token_scope = "admin"

    def find(self) -> Webhook:
        """The webhook in the address."""
        return queries.find_webhook(self.request.user, self.kwargs["uid"])


class WebhookView(OneWebhook):
    """One webhook."""

    @extend_schema(responses=WebhookSerializer)
    def get(self, request: Request, uid: UUID) -> Response:
        """The webhook and how it fares."""
        return Response(self._shown(self.find()))

    @extend_schema(request=WebhookChangeSerializer(partial=True), responses=WebhookSerializer)
    def patch(self, request: Request, uid: UUID) -> Response:
        """Change what is sent; `is_on` switches it on and off."""
        found = self.find()
        form = WebhookChangeSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        keeping.change_webhook(webhook=found, changed_by=request.user, **form.validated_data)
        return Response(self._shown(found))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, uid: UUID) -> Response:
        """Remove it with its log."""
        keeping.remove_webhook(webhook=self.find(), removed_by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _shown(self, webhook: Webhook) -> Any:
        return WebhookSerializer(queries.webhooks_of(webhook.project).get(pk=webhook.pk)).data


class SecretView(OneWebhook):
    """The secret of a webhook."""

    @extend_schema(request=None, responses={201: SecretSerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """Make a new one; the former signs beside it for a day."""
        found = self.find()
        secret = keeping.rotate_secret(webhook=found, rotated_by=request.user)
        former = found.secrets.exclude(expires_at=None).first()
        body = {"secret": secret, "former_until": former and former.expires_at}
        return Response(SecretSerializer(body).data, status=status.HTTP_201_CREATED)


class TestView(OneWebhook):
    """A delivery without events."""

    @extend_schema(request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, uid: UUID) -> Response:
        """Send one within seconds, also where the webhook is switched off."""
        made = keeping.send_test(webhook=self.find(), sent_by=request.user)
        return Response(DeliverySerializer(made).data, status=status.HTTP_202_ACCEPTED)


class DeliveriesView(generics.ListAPIView):
    """The log of a webhook."""

    serializer_class = DeliverySerializer
    token_scope = "admin"

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        """Newest first."""
        if getattr(self, "swagger_fake_view", False):
            return WebhookDelivery.objects.none()
        return queries.log_of(queries.find_webhook(self.request.user, self.kwargs["uid"]))


class DeliveryView(OneWebhook):
    """One delivery."""

    @extend_schema(responses=DeliveryWithBodySerializer)
    def get(self, request: Request, uid: UUID, delivery: UUID) -> Response:
        """The delivery with its body and its attempts."""
        found = get_object_or_404(queries.log_of(self.find()), uid=delivery)
        return Response(DeliveryWithBodySerializer(found).data)


class ResendView(OneWebhook):
    """A delivery once more."""

    @extend_schema(request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, uid: UUID, delivery: UUID) -> Response:
        """Send it again under the id that it had."""
        found = get_object_or_404(queries.log_of(self.find()), uid=delivery)
        again = keeping.resend(delivery=found, sent_by=request.user)
        return Response(DeliverySerializer(again).data, status=status.HTTP_202_ACCEPTED)
