"""Data sets of the Hugging Face hub, by id: their files are fetched once and then read as any file.

Which hub is asked is a setting that only an operator can change (ACCORD_HUB_ENDPOINT), and a person
gives an id and no address, so that nobody can make this machine ask where they please.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

from annotation.intake import batches
from annotation.intake.batches import Progress, State
from annotation.models import ImportBatch
from annotation.readers.base import FileError
from annotation.readers.files import suffix_of

ID = re.compile(r"(?:[A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}")
NAME = re.compile(r"[\w][\w./-]{0,95}")
SPLITS = re.compile(r"(?:^|[/_.-])(train|training|test|validation|valid|dev|eval)(?=[/_.-])", re.I)
MOST_FILES = 1000


def origin_of(dataset: str, revision: str = "", config: str = "", split: str = "") -> str:
    """An import's ``origin``: id, revision, folder or configuration, and split in one text.

    Raises:
        ValueError: a part is no name; the message says which.
    """
    if not ID.fullmatch(dataset):
        raise ValueError("dataset: write it as owner/name, as the hub does.")
    for field, part in {"revision": revision, "config": config, "split": split}.items():
        if part and (not NAME.fullmatch(part) or ".." in part):
            raise ValueError(f"{field}: {part!r} is no name; leave it out or correct it.")
    return " ".join(f"{name}={part}" for name, part in _parts(dataset, revision, config, split))


def _parts(dataset: str, revision: str, config: str, split: str) -> list[tuple[str, str]]:
    named = {"dataset": dataset, "revision": revision, "config": config, "split": split}
    return [(name, part) for name, part in named.items() if part]


def fetch(batch: ImportBatch, tell: Progress) -> None:
    """Fetch the files of a data set; the import then waits to be checked.

    Raises:
        FileError: the hub has no such set, does not give it, or cannot be reached.
    """
    # The library is large, and only who fetches something needs it.
    from huggingface_hub import errors

    asked = dict(part.split("=", 1) for part in batch.origin.split(" "))
    try:
        revision, files = _files(asked)
        size = sum(file_size for _name, file_size in files)
        if size > settings.IMPORT_MAX_BYTES:
            most = settings.IMPORT_MAX_BYTES // 1024**2
            raise FileError(f"The files of the set are larger than {most} MB; choose a split.")
        if not _download(batch, asked["dataset"], revision, files, tell):
            return
    except errors.GatedRepoError as problem:
        raise FileError("The hub gives this set only to those who were let in to it.") from problem
    except (
        errors.RepositoryNotFoundError,
        errors.RevisionNotFoundError,
        errors.HFValidationError,
    ) as problem:
        raise FileError(
            f"The hub has no data set {asked['dataset']!r}, or no such revision; look at its page."
        ) from problem
    except (errors.HfHubHTTPError, errors.HTTPError, errors.LocalEntryNotFoundError) as problem:
        raise FileError(
            f"The hub could not be reached ({type(problem).__name__}); try again, or download the "
            "file and send it here."
        ) from problem
    sent = hashlib.sha256(f"{revision} {files}".encode()).hexdigest()
    asked["revision"] = revision
    origin = " ".join(f"{name}={part}" for name, part in asked.items())
    values: dict[str, Any] = {"size": max(size, 1), "sha256": sent, "origin": origin}
    batches.move(batch, to=State.QUEUED, since=(State.FETCHING,), **values)


def _files(asked: dict[str, str]) -> tuple[str, list[tuple[str, int]]]:
    """The commit of the set, and its files that can be read, as asked, with their sizes."""
    from huggingface_hub import HfApi

    api = HfApi(endpoint=settings.HUB_ENDPOINT, token=settings.HUB_TOKEN or False)
    info = api.dataset_info(
        asked["dataset"], revision=asked.get("revision"), files_metadata=True, timeout=30
    )
    found = []
    for sibling in info.siblings or []:
        try:
            suffix_of(sibling.rfilename)
        except FileError:
            continue
        found.append((sibling.rfilename, sibling.size or 0))
    chosen = chosen_files(found, asked.get("config", ""), asked.get("split", ""))
    if not chosen:
        raise FileError(
            "The set has no file of that configuration and split that can be read; its page lists "
            "what there is."
        )
    return info.sha or "main", chosen


def chosen_files(files: list[tuple[str, int]], config: str, split: str) -> list[tuple[str, int]]:
    """Those of a set's files that belong to a configuration and a split, in order.

    Without a split it is train where files name splits at all, else everything.
    """
    if config:
        files = [f for f in files if config in re.split(r"[/.]", f[0])]
    named = {name: SPLITS.search(name) for name, _size in files}
    if split:
        wanted = re.compile(rf"(?:^|[/_.-]){re.escape(split)}(?=[/_.-])", re.I)
        files = [f for f in files if wanted.search(f[0])]
    elif any(named.values()):
        files = [f for f in files if (m := named[f[0]]) and m[1].lower() in ("train", "training")]
    suffixes = {suffix_of(name) for name, _size in files}
    if ".parquet" in suffixes and len(suffixes) > 1:
        # Sets often hold the same rows twice, as they were made and as Parquet.
        files = [f for f in files if suffix_of(f[0]) == ".parquet"]
    return sorted(files)[:MOST_FILES]


def _download(
    batch: ImportBatch,
    dataset: str,
    revision: str,
    files: list[tuple[str, int]],
    tell: Progress,
) -> bool:
    """Fetch the files one by one; False once somebody ended the import."""
    from huggingface_hub import hf_hub_download

    target = Path(batch.path)
    coming = target.with_name("coming")
    shutil.rmtree(coming, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    seen = 0
    for number, (name, size) in enumerate(files):
        if not batches.note(batch, bytes_read=seen):
            return False
        tell(batch)
        path = hf_hub_download(
            dataset,
            name,
            repo_type="dataset",
            revision=revision,
            local_dir=coming,
            endpoint=settings.HUB_ENDPOINT,
            token=settings.HUB_TOKEN or False,
        )
        Path(path).rename(target / f"{number:05}{suffix_of(name)}")
        seen += size
    shutil.rmtree(coming, ignore_errors=True)
    return True
