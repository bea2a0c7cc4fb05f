"""Training runs: started on a snapshot, followed, stopped and resumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

from accord.calls import Calls, part
from accord.errors import Json, Jsons, WorkFailedError
from accord.waiting import wait_for

UNDER_WAY = ("queued", "running")
Texts = list[str]
FOLLOWED_EVERY = 2.0


class Runs:
    """The runs of projects."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def trainers(self) -> Jsons:
        """Every trainer with its settings, as JSON Schema."""
        return list(self._calls.pages("trainers/"))

    def list(self, slug: str, *, snapshot: str | None = None) -> Iterator[Json]:
        """The runs of a project, or those on one snapshot, newest first."""
        return self._calls.pages(f"projects/{part(slug)}/runs/", {"snapshot": snapshot})

    def get(self, uid: str) -> Json:
        """One run with its live figures."""
        return dict(self._calls.get(f"runs/{part(uid)}/"))

    def start(
        self,
        slug: str,
        trainer: str,
        snapshot: str,
        *,
        parent: str | None = None,
        name: str = "",
        config: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Json:
        """Queue a run.

        Args:
            parent: the checkpoint to start from, where the trainer needs one.
            config: its settings; `trainers` describes them.
        """
        asked = {
            **{"trainer": trainer, "snapshot": snapshot, "name": name},
            **{"config": dict(config or {}), **({"parent": parent} if parent else {})},
        }
        return dict(self._calls.post(f"projects/{part(slug)}/runs/", asked, key=key))

    def check(
        self,
        slug: str,
        trainer: str,
        snapshot: str,
        *,
        parent: str | None = None,
        config: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Json:
        """Have data, model and cost of such a run looked at; `wait`, then read its `report`."""
        asked = {
            **{"trainer": trainer, "snapshot": snapshot, "config": dict(config or {})},
            **({"parent": parent} if parent else {}),
        }
        return dict(self._calls.post(f"projects/{part(slug)}/checks/", asked, key=key))

    def report(self, uid: str) -> Json:
        """What a run wrote about its data, and its last evaluation."""
        return dict(self._calls.get(f"runs/{part(uid)}/report/"))

    def compare(self, slug: str, uids: Sequence[str]) -> Json:
        """Two to four runs side by side: settings that differ, figures, paired differences."""
        asked = "&".join(f"run={part(uid)}" for uid in uids)
        return dict(self._calls.get(f"projects/{part(slug)}/runs/compare/?{asked}"))

    def follow(self, uid: str) -> Iterator[Json]:
        """The lines of a run's progress as they are written, to its end."""
        after = 0
        while True:
            found = self._calls.get(f"runs/{part(uid)}/progress/", {"after": after})
            yield from found["records"]
            moved, after = found["next"] != after, found["next"]
            if moved:
                continue
            if found["state"] not in UNDER_WAY:
                return
            self._calls.sleep(FOLLOWED_EVERY)

    def wait(
        self,
        uid: str,
        *,
        on_progress: Callable[[Json], None] | None = None,
        timeout: float | None = None,
    ) -> Json:
        """Wait for a run to end.

        Raises:
            WorkFailedError: it failed or was stopped.
        """
        found = wait_for(
            self._calls,
            f"runs/{part(uid)}/",
            under_way=UNDER_WAY,
            on_progress=on_progress,
            timeout=timeout,
        )
        if found["state"] != "done":
            raise WorkFailedError(str(found.get("error") or f"The run is {found['state']}."), found)
        return found

    def cancel(self, uid: str) -> Json:
        """Stop a run; it leaves a checkpoint first."""
        return dict(self._calls.post(f"runs/{part(uid)}/cancel/"))

    def resume(self, uid: str) -> Json:
        """Go on from its last checkpoint."""
        return dict(self._calls.post(f"runs/{part(uid)}/resume/"))

    def log(self, uid: str) -> Texts:
        """The last lines of the trainer's own output."""
        return [str(line) for line in self._calls.get(f"runs/{part(uid)}/log/")["lines"]]

    def checkpoints(self, uid: str) -> Iterator[Json]:
        """The checkpoints that it left, newest first."""
        return self._calls.pages(f"runs/{part(uid)}/checkpoints/")
