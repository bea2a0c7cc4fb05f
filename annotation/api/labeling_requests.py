"""What clients send to the API of labeling: answers, drafts, and what they hold.

What they get back is beside the views (`labeling`).
"""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers

from annotation import judging
from annotation.task_kinds.base import MAX_TEXT, UNSTORABLE

# Forty turns of a conversation, of which a few are as long as a text may be.
MAX_DRAFT = 10 * MAX_TEXT


class HoldingSerializer(serializers.Serializer):
    """What the client shows or has preloaded."""

    holding = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=50, default=list
    )


class SubmissionSerializer(HoldingSerializer):
    """An answer; sending it again with the same client_id changes nothing."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)
    client_id = serializers.UUIDField()
    answer = serializers.DictField()
    seconds = serializers.FloatField(required=False, allow_null=True)
    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=judging.MAX_REASON, default=""
    )
    pasted = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=judging.MAX_PASTED,
        help_text="How many characters of the free text came from a clipboard, if that is known.",
    )
    want_next = serializers.BooleanField(default=True)


class CorrectSerializer(serializers.Serializer):
    """An answered item to be shown again."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)


class SkipSerializer(HoldingSerializer):
    """An item to be given back."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class DraftSerializer(serializers.Serializer):
    """What was entered so far, as the client wants it back."""

    assignment = serializers.IntegerField(min_value=1, max_value=2**62)
    draft = serializers.DictField()

    def validate_draft(self, draft: dict[str, Any]) -> dict[str, Any]:
        """Refuse what no person typed."""
        if len(str(draft)) > MAX_DRAFT:
            raise serializers.ValidationError(f"longer than {MAX_DRAFT:,} characters; shorten it.")
        text = json.dumps(draft, ensure_ascii=False)
        if "\\u0000" in text or UNSTORABLE.search(text):
            raise serializers.ValidationError("it holds a character that cannot be stored.")
        return draft
