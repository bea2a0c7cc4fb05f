"""The addresses of annotation: projects, labeling, data, quality; API below /api/v1/."""

from django.urls import path

from annotation import api
from annotation.views import labeling, projects

urlpatterns = [
    path("", projects.projects, name="projects"),
    path("projects/new/", projects.project_new, name="project-new"),
    path("projects/<slug:slug>/", projects.project, name="project"),
    path("projects/<slug:slug>/state/", projects.set_state, name="project-state"),
    path("projects/<slug:slug>/label/", labeling.label, name="label"),
    path("projects/<slug:slug>/data/", projects.data, name="data"),
    path("projects/<slug:slug>/imports/<uuid:uid>/", projects.import_page, name="import"),
    path("projects/<slug:slug>/quality/", projects.quality, name="quality"),
    path("projects/<slug:slug>/quality/refresh/", projects.refresh, name="quality-refresh"),
]

api_urlpatterns = [
    path("projects/", api.ProjectsView.as_view(), name="api-projects"),
    path("projects/<slug:slug>/", api.ProjectView.as_view(), name="api-project"),
    path("projects/<slug:slug>/imports/", api.ImportsView.as_view(), name="api-imports"),
    path("projects/<slug:slug>/imports/<uuid:uid>/", api.ImportView.as_view(), name="api-import"),
    path("projects/<slug:slug>/quality/", api.QualityView.as_view(), name="api-quality"),
    *(
        path(
            f"projects/<slug:slug>/labeling/{name}/",
            view.as_view(),
            name=f"api-labeling-{name}",
        )
        for name, view in {
            "next": api.NextView,
            "judgments": api.JudgmentsView,
            "undo": api.UndoView,
            "skip": api.SkipView,
            "draft": api.DraftView,
        }.items()
    ),
]
