"""Frozen datasets: made with filters, waited for, downloaded, and checked against their hashes."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Callable

from accord.calls import Calls, part
from accord.errors import AccordError, Json, WorkFailedError
from accord.waiting import wait_for

UNDER_WAY = ("queued", "running")
PIECE = 256 * 1024
MANIFEST = "manifest.json"
Received = Callable[[str, int], None]
"""Called with a file's name and its bytes so far."""


class Snapshots:
    """The snapshots of projects."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, slug: str) -> Iterator[Json]:
        """The snapshots of a project, newest first."""
        return self._calls.pages(f"projects/{part(slug)}/snapshots/")

    def get(self, uid: str) -> Json:
        """One snapshot: what was asked, how far it is, what is in it."""
        return dict(self._calls.get(f"snapshots/{part(uid)}/"))

    def preview(
        self,
        slug: str,
        *,
        filters: Mapping[str, Any] | None = None,
        fractions: Mapping[str, float] | None = None,
    ) -> Json:
        """What a snapshot would hold now; nothing is made."""
        path = f"projects/{part(slug)}/snapshots/preview/"
        return dict(self._calls.post(path, _asked(filters, fractions)))

    def create(
        self,
        slug: str,
        name: str,
        *,
        filters: Mapping[str, Any] | None = None,
        fractions: Mapping[str, float] | None = None,
        key: str | None = None,
    ) -> Json:
        """Ask for a snapshot; it is made in the background, see `wait`."""
        asked = {"name": name, **_asked(filters, fractions)}
        return dict(self._calls.post(f"projects/{part(slug)}/snapshots/", asked, key=key))

    def wait(
        self,
        uid: str,
        *,
        on_progress: Callable[[Json], None] | None = None,
        timeout: float | None = None,
    ) -> Json:
        """Wait for a snapshot to be ready.

        Raises:
            WorkFailedError: it could not be made.
        """
        path = f"snapshots/{part(uid)}/"
        found = wait_for(
            self._calls, path, under_way=UNDER_WAY, on_progress=on_progress, timeout=timeout
        )
        if found["state"] != "done":
            said = found.get("error") or f"The snapshot is {found['state']}."
            raise WorkFailedError(str(said), found)
        return found

    def manifest(self, uid: str) -> Json:
        """The files of a snapshot with their hashes, its counts, filters and versions."""
        return dict(self._calls.get(f"snapshots/{part(uid)}/manifest/"))

    def download(
        self,
        uid: str,
        path: str | Path,
        *,
        format: str,
        split: str = "all",
        on_received: Received | None = None,
        **options: Any,
    ) -> Path:
        """Write a snapshot to a file in one of the server's formats; returns the file.

        The file is there only once it is whole.
        """
        query = {"format": format, "split": split, **options}
        target = Path(path)
        self._fetch(f"snapshots/{part(uid)}/download/", query, target, None, on_received)
        return target

    def download_directory(
        self, uid: str, folder: str | Path, *, on_received: Received | None = None
    ) -> Path:
        """Write the dataset directory of a snapshot to `folder`; returns the folder.

        Every file is checked against its hash in the manifest, which is written last. Files that
        are there already and whole are not sent again, so a broken download goes on.

        Raises:
            AccordError: a file does not have the hash that the manifest names.
        """
        top = Path(folder)
        manifest = self.manifest(uid)
        for name, sha256 in hashes_of(manifest).items():
            target = top.joinpath(*_safe(name).parts)
            if target.is_file() and _hash_of(target) == sha256:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            address = f"snapshots/{part(uid)}/files/{'/'.join(map(part, _safe(name).parts))}"
            self._fetch(address, {}, target, sha256, on_received)
        # As it was written by the server, byte for byte.
        address = f"snapshots/{part(uid)}/files/{MANIFEST}"
        self._fetch(address, {}, top / MANIFEST, None, on_received)
        return top

    def _fetch(
        self,
        address: str,
        query: Mapping[str, Any],
        target: Path,
        sha256: str | None,
        on_received: Received | None,
    ) -> None:
        """Write an answer beside `target` and put it there when it is whole and right."""
        beside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
        try:
            with (
                self._calls.open("GET", address, query=query) as answer,
                open(beside, "wb") as file,
            ):
                found, size = hashlib.sha256(), 0
                while piece := answer.read(PIECE):
                    file.write(piece)
                    found.update(piece)
                    size += len(piece)
                    if on_received is not None:
                        on_received(target.name, size)
                whole = answer.headers.get("Content-Length")
            if (whole is not None and int(whole) != size) or (
                sha256 is not None and found.hexdigest() != sha256
            ):
                raise AccordError(f"{target.name} did not arrive whole. Download it again.")
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)


def hashes_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of every file that a manifest names."""
    files = manifest["files"]
    return {str(name): str(files[name]["sha256"]) for name in files}


def verify_directory(folder: str | Path) -> Json:
    """Check a dataset directory against its manifest, which is returned.

    Raises:
        AccordError: a file is missing or not what it was.
    """
    import json

    top = Path(folder)
    try:
        manifest: Json = json.loads((top / MANIFEST).read_bytes())
    except (OSError, ValueError) as problem:
        raise AccordError(f"{top / MANIFEST} cannot be read ({problem}).") from None
    for name, sha256 in hashes_of(manifest).items():
        target = top.joinpath(*_safe(name).parts)
        if not target.is_file():
            raise AccordError(f"{name} is missing. Download the snapshot again.")
        if _hash_of(target) != sha256:
            raise AccordError(f"{name} was changed. Download the snapshot again.")
    return manifest


def _safe(name: str) -> PurePosixPath:
    """A name of the manifest; raises AccordError where it would lead out of the folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts or "\\" in name or ":" in name:
        raise AccordError(f"The manifest names a file outside of its folder: {name!r}.")
    return path


def _hash_of(path: Path) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def _asked(filters: Mapping[str, Any] | None, fractions: Mapping[str, float] | None) -> Json:
    asked: Json = {}
    if filters:
        asked["filters"] = dict(filters)
    if fractions:
        asked["fractions"] = dict(fractions)
    return asked
