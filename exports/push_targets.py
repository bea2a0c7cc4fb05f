"""Where a snapshot may be sent: a hub of data sets, or any place that fsspec can write to.

``hf://datasets/OWNER/NAME`` is a data set on the hub that ACCORD_HUB names (huggingface.co without
it), whose address is checked like any other that the site asks. ``file://`` writes only below the
folders that ACCORD_PUSH_FOLDERS names, separated by colons. ``s3://``, ``gs://`` and ``abfs://``
need the library for them, and take their keys from the worker's environment: these are the
operator's, so they open only what is below the places that ACCORD_PUSH_BUCKETS names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import SplitResult, urlsplit

import fsspec
from django.utils.translation import gettext_noop

from labelers.reaching import UnreachableError, check_url

CLOUDS = ("s3", "gs", "gcs", "abfs", "az")
HUB, FILE = "hf", "file"
MOST_CHARACTERS = 500

NO_PLACE = gettext_noop(
    "Give an address such as hf://datasets/OWNER/NAME, s3://BUCKET/FOLDER or file:///FOLDER."
)
NO_KEYS = gettext_noop("Leave name and password out of the address: it is shown to others.")
NO_LIBRARY = gettext_noop("This server has no library for {scheme}:// ({name}): install it.")
NO_FOLDER = gettext_noop(
    "Files may only be written below these folders: {folders}. Whoever runs this site can allow "
    "others with ACCORD_PUSH_FOLDERS."
)
NO_BUCKET = gettext_noop(
    "Files may only be written below these places: {places}. Whoever runs this site can allow "
    "others with ACCORD_PUSH_BUCKETS."
)
NO_CREDENTIAL = gettext_noop(
    "Only a hub takes a token here; {scheme}:// uses the keys of the server's environment."
)
SENTENCES = (NO_PLACE, NO_KEYS, NO_LIBRARY, NO_FOLDER, NO_BUCKET, NO_CREDENTIAL)
Told = Callable[[str, int], None]
"""Called with the name and the bytes of every file that has arrived."""

_MEANS_SOMETHING = re.compile(r"::|%|\\|(?:^|/)(?:\.\.|~)")
"""What somebody who writes to a place may read otherwise than whoever checked it: chains of places,
escaped signs, steps upwards, somebody's home."""
_DATASET = re.compile(
    r"datasets/(?P<repo>[\w.-]{1,96}/[\w.-]{1,96})(?:@(?P<revision>[\w./-]{1,96}))?"
)


class PlaceError(ValueError):
    """A place that cannot be sent to; the message says what to do."""


def check_place(url: str, *, with_credential: bool = False) -> None:
    """Return if a snapshot may be sent to `url`.

    Raises:
        PlaceError: the address cannot be meant, is not allowed, or needs what is not here.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise PlaceError(NO_PLACE) from error
    if len(url) > MOST_CHARACTERS or not url.isprintable() or parts.query or parts.fragment:
        raise PlaceError(NO_PLACE)
    if parts.scheme == HUB:
        _dataset(url)
        try:
            check_url(hub())
        except UnreachableError as error:
            raise PlaceError(str(error)) from error
        return
    if parts.username or parts.password:
        raise PlaceError(NO_KEYS)
    if parts.scheme not in (FILE, *CLOUDS) or not (parts.netloc + parts.path).strip("/"):
        raise PlaceError(NO_PLACE)
    if _MEANS_SOMETHING.search(url):
        raise PlaceError(NO_PLACE)
    if with_credential:
        raise PlaceError(NO_CREDENTIAL.format(scheme=parts.scheme))
    if parts.scheme == FILE:
        _allowed_folder(parts.netloc, parts.path)
    else:
        _allowed_bucket(parts)
    try:
        fsspec.get_filesystem_class(parts.scheme)
    except ImportError as error:
        name = str(error)[:80]
        raise PlaceError(NO_LIBRARY.format(scheme=parts.scheme, name=name)) from error


def send(url: str, files: Sequence[tuple[str, Path]], *, credential: str, told: Told) -> None:
    """Write `files` (name below `url`, where it lies) to `url`, a whole file at a time.

    What is there already under other names stays. A hub gets all of them in one commit.

    Raises:
        PlaceError: as `check_place`; what the place itself says comes as it is.
    """
    check_place(url, with_credential=bool(credential))
    if urlsplit(url).scheme == HUB:
        _send_to_hub(url, files, credential, told)
        return
    options: dict[str, Any] = {"auto_mkdir": True} if url.startswith(f"{FILE}:") else {}
    place, root = fsspec.url_to_fs(url, **options)
    for name, path in files:
        target = str(PurePosixPath(root) / name)
        place.makedirs(str(PurePosixPath(target).parent), exist_ok=True)
        with open(path, "rb") as source, place.open(f"{target}.part", "wb") as sink:
            while piece := source.read(1 << 20):
                sink.write(piece)
        place.mv(f"{target}.part", target)
        told(name, path.stat().st_size)


def hub() -> str:
    """The address of the hub."""
    return os.environ.get("ACCORD_HUB", "https://huggingface.co").rstrip("/")


def allowed_folders() -> list[Path]:
    """The folders below which files may be written."""
    named = os.environ.get("ACCORD_PUSH_FOLDERS", "").split(":")
    return [Path(name).resolve() for name in named if name.strip()]


def allowed_buckets() -> list[SplitResult]:
    """The places of clouds below which files may be written."""
    named = os.environ.get("ACCORD_PUSH_BUCKETS", "").split(",")
    return [urlsplit(name.strip().rstrip("/")) for name in named if name.strip()]


def _allowed_bucket(parts: SplitResult) -> None:
    path = f"{parts.path.rstrip('/')}/"
    for place in allowed_buckets():
        is_same = (place.scheme, place.netloc) == (parts.scheme, parts.netloc)
        if is_same and path.startswith(f"{place.path}/"):
            return
    named = ", ".join(place.geturl() for place in allowed_buckets())
    raise PlaceError(NO_BUCKET.format(places=named or "–"))


def _allowed_folder(host: str, path: str) -> None:
    # Links are followed first: a link inside may lead outside.
    target = Path(path).resolve()
    folders = allowed_folders()
    if (
        host
        or not path.startswith("/")
        or not any(target.is_relative_to(folder) for folder in folders)
    ):
        raise PlaceError(NO_FOLDER.format(folders=", ".join(map(str, folders)) or "–"))


def _dataset(url: str) -> tuple[str, str | None]:
    found = _DATASET.fullmatch(url.removeprefix(f"{HUB}://").rstrip("/"))
    if found is None or ".." in url:
        raise PlaceError(NO_PLACE)
    return found["repo"], found["revision"]


def _send_to_hub(url: str, files: Sequence[tuple[str, Path]], credential: str, told: Told) -> None:
    # The library is slow to load and only a worker needs it.
    from huggingface_hub import CommitOperationAdd, HfApi

    repo, revision = _dataset(url)
    api = HfApi(endpoint=hub(), token=credential or False, library_name="accord")
    api.create_repo(repo, repo_type="dataset", private=True, exist_ok=True)
    operations = [CommitOperationAdd(name, path) for name, path in files]
    api.create_commit(
        repo,
        operations,
        commit_message="Snapshot from Accord",
        repo_type="dataset",
        revision=revision,
    )
    for name, path in files:
        told(name, path.stat().st_size)
