"""Frozen readings of the annotation: snapshots and the formats they leave in."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "exports"
    default_auto_field = "django.db.models.BigAutoField"
