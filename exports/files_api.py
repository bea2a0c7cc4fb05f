"""The API of a snapshot's own files: its dataset directory, as the manifest lists it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.views import APIView

from exports import queries
from exports.dataset_dir import MANIFEST, read_manifest
from exports.downloading import NotReadyError, require_done
from exports.models import Snapshot
from labelers import audit, roles
from labelers.problems import Problem


class SnapshotFileView(APIView):
    """One file of a snapshot's dataset directory."""

    token_scope = "export"

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, uid: UUID, path: str) -> FileResponse:
        """The file, as `files` of the manifest names it, or manifest.json itself."""
        found = queries.find_snapshot(request.user, uid, roles.READING)
        try:
            require_done(found)
        except NotReadyError as error:
            raise Problem(status.HTTP_409_CONFLICT, "Not ready", str(error)) from error
        file = file_of(found, path)
        audit.record_reading(
            actor=request.user,
            action="snapshot.downloaded",
            project=found.project,
            subject=f"snapshot:{found.uid}",
            format="directory",
            file=path,
        )
        return FileResponse(
            file.open("rb"),
            as_attachment=True,
            filename=file.name,
            content_type="application/octet-stream",
        )


def file_of(snapshot: Snapshot, path: str) -> Path:
    """Where a file of the manifest lies; raises Http404 for every other name."""
    # Names are compared, never followed: no path leads out of the folder.
    if path != MANIFEST and path not in read_manifest(snapshot.path)["files"]:
        raise Http404(_("The snapshot has no such file; its manifest names those it has."))
    return Path(snapshot.path) / path
