"""The addresses of `config.operations.middleware.PROBES`."""

from django.urls import path

from config.operations import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
]
