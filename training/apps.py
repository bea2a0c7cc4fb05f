"""Runs on snapshots, their checkpoints, and the responses that go back to people."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"
    default_auto_field = "django.db.models.BigAutoField"
