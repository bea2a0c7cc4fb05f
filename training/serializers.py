"""Runs and checkpoints as programs see them, and what programs ask for."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from training import voided
from training.models import Checkpoint, Run, RunInput
from training.trainers.catalog import TRAINERS


class CheckpointSerializer(serializers.ModelSerializer[Checkpoint]):
    """A checkpoint and the run that left it."""

    run = serializers.UUIDField(source="run.uid")
    contains_voided = serializers.SerializerMethodField()

    class Meta:
        model = Checkpoint
        fields: ClassVar = [
            "uid", "run", "name", "step", "kind", "produces", "metrics", "is_best", "available",
            "contains_voided", "created_at",
        ]  # fmt: skip

    def get_contains_voided(self, checkpoint: Checkpoint) -> bool:
        """Whether its run learned from answers that were voided since."""
        return voided.learned_from_voided(checkpoint.run, self.context)


class RunInputSerializer(serializers.ModelSerializer[RunInput]):
    """A checkpoint that a run reads, and the setting that names it."""

    checkpoint = serializers.UUIDField(source="checkpoint.uid")

    class Meta:
        model = RunInput
        fields: ClassVar = ["checkpoint", "role"]


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run with its live figures."""

    project = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    snapshot = serializers.UUIDField(source="snapshot.uid", default=None, allow_null=True)
    parent = serializers.UUIDField(source="parent.uid", default=None, allow_null=True)
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    inputs = RunInputSerializer(many=True, read_only=True)
    contains_voided = serializers.SerializerMethodField()

    class Meta:
        model = Run
        fields: ClassVar = [
            "uid", "project", "name", "trainer", "config", "snapshot", "parent", "inputs",
            "is_check", "state", "step", "total_steps", "phase", "metrics", "attempts",
            "cancel_requested", "error", "result", "contains_voided", "created_by", "created_at",
            "started_at", "finished_at",
        ]  # fmt: skip

    def get_contains_voided(self, run: Run) -> bool:
        """Whether it learned from answers that were voided since."""
        return voided.learned_from_voided(run, self.context)


class NewCheckSerializer(serializers.Serializer[Any]):
    """What a run would be made of; `trainers/` describes `config`."""

    trainer = serializers.ChoiceField(choices=sorted(TRAINERS))
    snapshot = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="The snapshot to work on; none for trainers that read no records.",
    )
    parent = serializers.UUIDField(
        required=False, allow_null=True, help_text="The checkpoint to start from."
    )
    config = serializers.DictField(
        required=False,
        help_text="Settings that name a model take the id of a checkpoint as well.",
    )


class NewRunSerializer(NewCheckSerializer):
    """What a new run is made of."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=120)


class RunReportSerializer(serializers.Serializer[Any]):
    """What a run wrote: about its data, with warnings and cost, its last evaluation, alarms."""

    state = serializers.CharField()
    data = serializers.DictField()
    evaluation = serializers.DictField()
    alarms = serializers.DictField()


class RunTasksSerializer(serializers.Serializer[Any]):
    """What the run's responses are to be compared with: give exactly one of the first two."""

    against_run = serializers.UUIDField(required=False)
    against_source = serializers.CharField(required=False)
    project = serializers.SlugField(
        required=False, help_text="Where the tasks are made; the run's project unless named."
    )
    priority = serializers.FloatField(required=False, default=0)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one side to compare with."""
        if ("against_run" in attrs) == ("against_source" in attrs):
            raise serializers.ValidationError("Give either against_run or against_source.")
        return attrs


class TrainerSerializer(serializers.Serializer[Any]):
    """One entry of the catalog; ``config`` is a JSON Schema."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    consumes = serializers.ListField(child=serializers.CharField())
    produces = serializers.CharField()
    config = serializers.DictField()


class RunProgressSerializer(serializers.Serializer[Any]):
    """Progress lines after an offset; ask again with ``next``."""

    records = serializers.ListField(child=serializers.DictField())
    next = serializers.IntegerField()
    state = serializers.CharField()


class RunTaskCountsSerializer(serializers.Serializer[Any]):
    """What became of the responses."""

    prompts_shared = serializers.IntegerField()
    same = serializers.IntegerField()
    unmatched = serializers.IntegerField()
    tasks = serializers.IntegerField()
    responses = serializers.IntegerField()
