"""Prompts and the responses to them, both immutable, both known by the hash of their content."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from annotation.hashing import content_hash
from labelers.models import Project

Message = dict[str, str]

__all__ = ["Message", "Prompt", "Response", "ResponseSource", "content_hash"]


class ResponseSource(models.Model):
    """Where responses come from: a file's label for a model, or a checkpoint with its sampling."""

    class Kind(models.TextChoices):
        IMPORTED = "imported"
        GENERATED = "generated"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="response_sources")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.IMPORTED)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_source_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class Prompt(models.Model):
    """A conversation up to where a response is wanted: ``[{role, content}, ...]``."""

    # No index of its own here and below, where a constraint begins with the column.
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="prompts", db_index=False
    )
    messages = models.JSONField()
    content_hash = models.CharField(max_length=64)
    language = models.CharField(max_length=16, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    reference = models.TextField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "content_hash"], name="one_prompt")
        ]
        indexes = [
            GinIndex(fields=["tags"], name="prompts_by_tag"),
            models.Index(fields=["project", "language"], name="languages_of_project"),
        ]

    def __str__(self) -> str:
        return f"prompt {self.pk}"


class Response(models.Model):
    """One completion of one prompt: a list of messages, usually a single assistant turn."""

    prompt = models.ForeignKey(
        Prompt, on_delete=models.CASCADE, related_name="responses", db_index=False
    )
    source = models.ForeignKey(ResponseSource, on_delete=models.PROTECT, related_name="responses")
    messages = models.JSONField()
    content_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "source", "content_hash"], name="one_response_of_a_source"
            )
        ]

    def __str__(self) -> str:
        return f"response {self.pk}"
