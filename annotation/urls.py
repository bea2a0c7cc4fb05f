"""The addresses of annotation: projects, labeling, data, quality; API below /api/v1/."""

from django.urls import path

from annotation.api import guidelines as guidelines_api
from annotation.api import labeling as labeling_api
from annotation.api import projects as projects_api
from annotation.api import reports as reports_api
from annotation.api import work as work_api
from annotation.views import guidelines, labeling, projects, reports, settings, work

urlpatterns = [
    path("", projects.projects, name="projects"),
    path("projects/new/", settings.project_new, name="project-new"),
    path("projects/<slug:slug>/", projects.project, name="project"),
    path("projects/<slug:slug>/state/", projects.set_state, name="project-state"),
    path("projects/<slug:slug>/label/", labeling.label, name="label"),
    path("label-worker.js", labeling.worker, name="label-worker"),
    path("projects/<slug:slug>/guidelines/", guidelines.guidelines, name="guidelines"),
    path("projects/<slug:slug>/guidelines/read/", guidelines.mark_read, name="guidelines-read"),
    path("projects/<slug:slug>/work/", work.work, name="work"),
    path("projects/<slug:slug>/work.csv", work.work_file, name="work-file"),
    path("projects/<slug:slug>/reports/", reports.reports, name="reports"),
    path("projects/<slug:slug>/reports/count/", reports.count, name="reports-count"),
    path("projects/<slug:slug>/reports/<int:pk>/", reports.decide, name="report-decision"),
    path("projects/<slug:slug>/settings/", settings.settings, name="settings"),
    path("projects/<slug:slug>/data/", projects.data, name="data"),
    path("projects/<slug:slug>/imports/<uuid:uid>/", projects.import_page, name="import"),
    path("projects/<slug:slug>/quality/", projects.quality, name="quality"),
    path("projects/<slug:slug>/quality/refresh/", projects.refresh, name="quality-refresh"),
]

api_urlpatterns = [
    path("task-kinds/", projects_api.TaskKindsView.as_view(), name="api-task-kinds"),
    path("projects/", projects_api.ProjectsView.as_view(), name="api-projects"),
    path("projects/<slug:slug>/", projects_api.ProjectView.as_view(), name="api-project"),
    path(
        "projects/<slug:slug>/guidelines/",
        guidelines_api.GuidelinesView.as_view(),
        name="api-guidelines",
    ),
    path(
        "projects/<slug:slug>/guidelines/read/",
        guidelines_api.GuidelinesReadView.as_view(),
        name="api-guidelines-read",
    ),
    path("projects/<slug:slug>/work/", work_api.OwnWorkView.as_view(), name="api-work"),
    path("projects/<slug:slug>/work.csv", work_api.OwnWorkFileView.as_view(), name="api-work-file"),
    path(
        "projects/<slug:slug>/labeling/report/",
        reports_api.NewReportView.as_view(),
        name="api-labeling-report",
    ),
    path("projects/<slug:slug>/reports/", reports_api.ReportsView.as_view(), name="api-reports"),
    path(
        "projects/<slug:slug>/reports/<int:pk>/decision/",
        reports_api.DecisionView.as_view(),
        name="api-report-decision",
    ),
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
            "recent": labeling_api.RecentView,
            "correct": labeling_api.CorrectView,
        }.items()
    ),
]
