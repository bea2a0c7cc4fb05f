"""Snapshots sent and replaced, a wish to be erased and one that was fulfilled."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from unittest.mock import patch

from exports import pushing
from labelers import erasing
from labelers.models import Erasure


def furnish_exports(house: SimpleNamespace, person_factory, project) -> None:
    """What the pages of snapshots and of erasure show."""
    with TemporaryDirectory() as folder, patch.dict(os.environ, ACCORD_PUSH_FOLDERS=folder):
        push = pushing.request_push(
            snapshot=house.snapshots[0], asked_by=house.admin, url=f"file://{folder}/house"
        )
        pushing.run_push(push_uid=push.uid)
    house.traced = project.tasks.order_by("id").first()
    wishing, gone = person_factory("νίκη"), person_factory("φοίβος")
    wish = erasing.ask(person=wishing)
    done = erasing.ask(person=gone)
    done.state, done.report = Erasure.State.DONE, {"erased": {"1": 1}, "held": []}
    done.save()
    house.erasure = done.uid
    house.erasures = [wish.pseudonym, done.pseudonym]
