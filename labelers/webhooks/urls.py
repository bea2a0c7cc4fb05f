"""The addresses of webhooks; API below /api/v1/."""

from django.urls import path

from labelers.webhooks import api, views

urlpatterns = [
    path("webhooks/", views.webhooks, name="site-webhooks"),
    path("projects/<slug:slug>/webhooks/", views.webhooks, name="webhooks"),
    path("webhooks/<uuid:uid>/", views.webhook, name="webhook"),
    path("webhooks/<uuid:uid>/deliveries/<int:sequence>/", views.delivery, name="webhook-delivery"),
]

api_urlpatterns = [
    path("webhook-events/", api.WebhookEventsView.as_view(), name="api-webhook-events"),
    path("webhooks/", api.SiteWebhooksView.as_view(), name="api-site-webhooks"),
    path("projects/<slug:slug>/webhooks/", api.WebhooksView.as_view(), name="api-webhooks"),
    path("webhooks/<uuid:uid>/", api.WebhookView.as_view(), name="api-webhook"),
    path("webhooks/<uuid:uid>/secret/", api.SecretView.as_view(), name="api-webhook-secret"),
    path("webhooks/<uuid:uid>/test/", api.TestView.as_view(), name="api-webhook-test"),
    path(
        "webhooks/<uuid:uid>/deliveries/",
        api.DeliveriesView.as_view(),
        name="api-webhook-deliveries",
    ),
    path(
        "webhooks/<uuid:uid>/deliveries/<uuid:delivery>/",
        api.DeliveryView.as_view(),
        name="api-webhook-delivery",
    ),
    path(
        "webhooks/<uuid:uid>/deliveries/<uuid:delivery>/resend/",
        api.ResendView.as_view(),
        name="api-webhook-resend",
    ),
]
