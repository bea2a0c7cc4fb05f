"""The addresses of annotation: projects, labeling, data, quality; API below /api/v1/."""

from django.urls import path

from annotation.api import labeling as labeling_api
from annotation.api import projects as projects_api
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
    path("projects/", projects_api.ProjectsView.as_view(), name="api-projects"),
    path("projects/<slug:slug>/", projects_api.ProjectView.as_view(), name="api-project"),
    path("projects/<slug:slug>/imports/", projects_api.ImportsView.as_view(), name="api-imports"),
    path(
        "projects/<slug:slug>/imports/<uuid:uid>/",
        projects_api.ImportView.as_view(),
        name="api-import",
    ),
    path("projects/<slug:slug>/quality/", projects_api.QualityView.as_view(), name="api-quality"),
    *(
        path(
            f"projects/<slug:slug>/labeling/{name}/",
            view.as_view(),
            name=f"api-labeling-{name}",
        )
        for name, view in {
            "next": labeling_api.NextView,
            "judgments": labeling_api.JudgmentsView,
            "undo": labeling_api.UndoView,
            "skip": labeling_api.SkipView,
            "draft": labeling_api.DraftView,
        }.items()
    ),
]
