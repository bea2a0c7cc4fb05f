"""The addresses of exports: pages, and API below /api/v1/."""

from django.urls import URLPattern, path

from exports import api, deed_api, deed_views, files_api, views

urlpatterns: list[URLPattern] = [
    path("projects/<slug:slug>/snapshots/", views.snapshots, name="snapshots"),
    path("projects/<slug:slug>/snapshots/preview/", views.preview, name="snapshot-preview"),
    path("snapshots/<uuid:uid>/", views.snapshot, name="snapshot"),
    path("snapshots/<uuid:uid>/progress/", views.progress, name="snapshot-progress"),
    path("snapshots/<uuid:uid>/download/", views.download, name="snapshot-download"),
    path("snapshots/<uuid:uid>/manifest.json", views.manifest, name="snapshot-manifest"),
    path("snapshots/<uuid:uid>/changes/", deed_views.compare, name="snapshot-compare"),
    path("snapshots/<uuid:uid>/lineage/", deed_views.lineage, name="snapshot-lineage"),
    path("snapshots/<uuid:uid>/pushes/", deed_views.pushes, name="snapshot-pushes"),
    path("snapshots/<uuid:uid>/again/", deed_views.freeze_again, name="snapshot-again"),
    path("snapshots/<uuid:uid>/delete-files/", deed_views.delete_files, name="snapshot-delete"),
]
api_urlpatterns: list[URLPattern] = [
    path(
        "snapshots/<uuid:uid>/changes/",
        deed_api.SnapshotChangesView.as_view(),
        name="api-snapshot-changes",
    ),
    path(
        "snapshots/<uuid:uid>/lineage/",
        deed_api.SnapshotLineageView.as_view(),
        name="api-snapshot-lineage",
    ),
    path("snapshots/<uuid:uid>/pushes/", deed_api.PushesView.as_view(), name="api-pushes"),
    path(
        "snapshots/<uuid:uid>/again/",
        deed_api.FreezeAgainView.as_view(),
        name="api-snapshot-again",
    ),
    path(
        "snapshots/<uuid:uid>/delete-files/",
        deed_api.SnapshotFilesView.as_view(),
        name="api-snapshot-delete",
    ),
    path("projects/<slug:slug>/snapshots/", api.SnapshotsView.as_view(), name="api-snapshots"),
    path(
        "projects/<slug:slug>/snapshots/preview/",
        api.PreviewView.as_view(),
        name="api-snapshot-preview",
    ),
    path("snapshots/<uuid:uid>/", api.SnapshotView.as_view(), name="api-snapshot"),
    path(
        "snapshots/<uuid:uid>/manifest/", api.ManifestView.as_view(), name="api-snapshot-manifest"
    ),
    path(
        "snapshots/<uuid:uid>/files/<path:path>",
        files_api.SnapshotFileView.as_view(),
        name="api-snapshot-file",
    ),
    path(
        "snapshots/<uuid:uid>/download/", api.DownloadView.as_view(), name="api-snapshot-download"
    ),
]
