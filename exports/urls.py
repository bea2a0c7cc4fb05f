"""The addresses of exports: pages, and API below /api/v1/."""

from django.urls import URLPattern, path

from exports import api, views

urlpatterns: list[URLPattern] = [
    path("projects/<slug:slug>/snapshots/", views.snapshots, name="snapshots"),
    path("projects/<slug:slug>/snapshots/preview/", views.preview, name="snapshot-preview"),
    path("snapshots/<uuid:uid>/", views.snapshot, name="snapshot"),
    path("snapshots/<uuid:uid>/progress/", views.progress, name="snapshot-progress"),
    path("snapshots/<uuid:uid>/download/", views.download, name="snapshot-download"),
    path("snapshots/<uuid:uid>/manifest.json", views.manifest, name="snapshot-manifest"),
]
api_urlpatterns: list[URLPattern] = [
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
        "snapshots/<uuid:uid>/download/", api.DownloadView.as_view(), name="api-snapshot-download"
    ),
]
