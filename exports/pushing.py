"""Sending a snapshot elsewhere: asked for here, done by a job, with a log that people can read.

A credential is kept encrypted, and only until the push ends; it is in no log and no message.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django import app

from exports.dataset_dir import MANIFEST, read_manifest
from exports.downloading import DownloadError, open_download, require_done
from exports.formats.catalog import FORMATS
from exports.models import Push, Snapshot
from exports.push_targets import PlaceError, check_place, send
from labelers import audit
from labelers.models import Person

MOST_ATTEMPTS = 3
MOST_CREDENTIAL = 500
log = logging.getLogger(__name__)


@transaction.atomic
def request_push(
    *,
    snapshot: Snapshot,
    asked_by: Person | None,
    url: str,
    format: str = "",
    credential: str = "",
) -> Push:
    """Let a worker send `snapshot` to `url`: the whole folder, or one file in `format`.

    Raises:
        ValidationError: by field: ``url``, ``format`` or ``credential``.
        NotReadyError: the snapshot has no files.
    """
    require_done(snapshot)
    errors = {}
    if format and format not in FORMATS:
        errors["format"] = f"format: choose one of {', '.join(FORMATS)}."
    if len(credential) > MOST_CREDENTIAL or not credential.isascii():
        errors["credential"] = "This is no token: copy it from the hub once more."
    try:
        check_place(url.strip(), with_credential=bool(credential))
    except PlaceError as error:
        errors["url"] = str(error)
    if errors:
        raise ValidationError(errors)
    push = Push(snapshot=snapshot, url=url.strip(), format=format, created_by=asked_by)
    push.sealed = _sealed(push, credential)
    push.save()
    audit.record(
        actor=asked_by,
        action="snapshot.push_requested",
        project=snapshot.project,
        subject=f"snapshot:{snapshot.uid}",
        url=push.url,
        format=format,
    )
    app.configure_task("exports.push", queue="light").defer(push_uid=str(push.uid))
    return push


def run_push(*, push_uid: UUID | str) -> Push:
    """Send what waits, or what a killed worker left; returns the push as it then is.

    A push that has ended, or that another process is at, is left alone.
    """
    push = Push.objects.select_related("snapshot__project", "created_by").get(uid=push_uid)
    with _alone(push) as mine:
        push.refresh_from_db()
        if not mine or not push.is_working:
            return push
        if push.attempts >= MOST_ATTEMPTS:
            _end(push, f"It was broken off {MOST_ATTEMPTS} times: ask for it again.")
            return push
        Push.objects.filter(pk=push.pk).update(
            state=Push.State.RUNNING, attempts=F("attempts") + 1, files_done=0, bytes_done=0
        )
        credential = _opened(push)
        try:
            _send(push, credential)
        except (PlaceError, DownloadError) as error:
            _end(push, str(error))
        except Exception as error:  # libraries of many places raise what they like
            log.warning("push %s failed: %s", push.uid, type(error).__name__)
            _end(push, _without(credential, f"{type(error).__name__}: {error}")[:2000])
        else:
            _end(push, "")
    return push


def run_waiting() -> int:
    """Take up every push that no process is at; how many there were."""
    working = [Push.State.QUEUED, Push.State.RUNNING]
    uids = list(Push.objects.filter(state__in=working).order_by("id").values_list("uid", flat=True))
    for uid in uids:
        run_push(push_uid=uid)
    return len(uids)


def _send(push: Push, credential: str) -> None:
    snapshot = push.snapshot
    require_done(snapshot)
    with TemporaryDirectory(prefix="accord-push-", dir=settings.ACCORD_HOME) as folder:
        files = _files(push, Path(folder))
        push.files_total = len(files)
        push.bytes_total = sum(path.stat().st_size for _name, path in files)
        _say(push, f"{push.files_total} files, {push.bytes_total} bytes")

        def told(name: str, size: int) -> None:
            push.files_done += 1
            push.bytes_done += size
            _say(push, name)

        push.files_done = push.bytes_done = 0
        send(push.url, files, credential=credential, told=told)


def _files(push: Push, folder: Path) -> list[tuple[str, Path]]:
    snapshot = push.snapshot
    if not push.format:
        # The manifest last: a reader who finds it finds everything.
        names = [*read_manifest(snapshot.path)["files"], MANIFEST]
        return [(name, snapshot.path / name) for name in names]
    made = open_download(
        snapshot=snapshot,
        asked_by=push.created_by,
        format=push.format,
        options={"skip_unwritable": True}
        if "skip_unwritable" in FORMATS[push.format].options
        else {},
    )
    target = folder / made.file_name
    with open(target, "wb") as file:
        file.writelines(made.pieces)
    return [(made.file_name, target)]


def _say(push: Push, text: str) -> None:
    push.log = [*push.log, {"at": timezone.now().isoformat(), "text": text}][-200:]
    push.save(update_fields=["log", "files_done", "files_total", "bytes_done", "bytes_total"])


@transaction.atomic
def _end(push: Push, error: str) -> None:
    push.refresh_from_db(fields=["state", "attempts"])
    push.state = Push.State.FAILED if error else Push.State.DONE
    push.error = error
    push.sealed = b""
    push.finished_at = timezone.now()
    push.save(update_fields=["state", "error", "sealed", "finished_at"])
    audit.record(
        actor=push.created_by,
        action="snapshot.push_failed" if error else "snapshot.pushed",
        project=push.snapshot.project,
        subject=f"snapshot:{push.snapshot.uid}",
        url=push.url,
        error=error[:300],
    )


@contextmanager
def _alone(push: Push) -> Iterator[bool]:
    """Whether this process is the only one at `push`; its end, even by a kill, frees it."""
    name = f"push {push.uid}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def _without(credential: str, text: str) -> str:
    return text.replace(credential, "•••") if credential else text


def _cipher(push: Push) -> AESGCM:
    derive = HKDF(hashes.SHA256(), 32, salt=push.uid.bytes, info=b"accord push credential")
    return AESGCM(derive.derive(settings.SECRET_KEY.encode()))


def _sealed(push: Push, credential: str) -> bytes:
    if not credential:
        return b""
    nonce = os.urandom(12)
    return nonce + _cipher(push).encrypt(nonce, credential.encode(), None)


def _opened(push: Push) -> str:
    sealed = bytes(push.sealed)
    if not sealed:
        return ""
    return _cipher(push).decrypt(sealed[:12], sealed[12:], None).decode()
