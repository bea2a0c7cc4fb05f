"""The addresses of training: pages, and API below /api/v1/."""

from django.urls import URLPattern, path

from training import (
    api,
    checkpoint_views,
    compare_views,
    erasure_views,
    lineage_views,
    run_form_views,
    views,
    voided_views,
)

urlpatterns: list[URLPattern] = [
    path("account/data/", erasure_views.own, name="own-data"),
    path("account/data.json", erasure_views.download, name="own-data-file"),
    path("account/erasure/", erasure_views.ask, name="ask-erasure"),
    path("erasures/", erasure_views.erasures, name="erasures"),
    path("erasures/<str:pseudonym>/", erasure_views.erasure, name="erasure"),
    path(
        "projects/<slug:slug>/items/<int:pk>/lineage/",
        lineage_views.item_lineage,
        name="item-lineage",
    ),
    path("runs/<uuid:uid>/lineage/", lineage_views.run_lineage, name="run-lineage"),
    path("projects/<slug:slug>/runs/", views.runs, name="runs"),
    path("projects/<slug:slug>/runs/new/", run_form_views.run_new, name="run-new"),
    path("projects/<slug:slug>/runs/check/", run_form_views.run_check, name="run-check"),
    path("projects/<slug:slug>/runs/compare/", compare_views.runs_compare, name="runs-compare"),
    path(
        "projects/<slug:slug>/runs/compare/charts/",
        compare_views.runs_compare_charts,
        name="runs-compare-charts",
    ),
    path("projects/<slug:slug>/used-answers/", voided_views.used_answers, name="used-answers"),
    path("runs/<uuid:uid>/", views.run, name="run"),
    path("runs/<uuid:uid>/progress/", views.run_progress, name="run-progress"),
    path("runs/<uuid:uid>/curves/", views.run_curves, name="run-curves"),
    path("runs/<uuid:uid>/evaluation/", views.run_evaluation, name="run-evaluation"),
    path("runs/<uuid:uid>/samples/", views.run_samples, name="run-samples"),
    path("runs/<uuid:uid>/check/", run_form_views.run_check_state, name="run-check-state"),
    path("runs/<uuid:uid>/files/<path:path>", checkpoint_views.run_file, name="run-file"),
    path("runs/<uuid:uid>/archive/", checkpoint_views.run_archive, name="run-archive"),
    path("checkpoints/<uuid:uid>/", checkpoint_views.checkpoint, name="checkpoint"),
    path("runs/<uuid:uid>/log/", views.run_log, name="run-log"),
    path("runs/<uuid:uid>/cancel/", views.run_cancel, name="run-cancel"),
    path("runs/<uuid:uid>/resume/", views.run_resume, name="run-resume"),
    path("runs/<uuid:uid>/tasks/", views.run_to_tasks, name="run-to-tasks"),
]
api_urlpatterns: list[URLPattern] = [
    path("me/data/", erasure_views.OwnDataView.as_view(), name="api-own-data"),
    path("me/erasure/", erasure_views.OwnErasureView.as_view(), name="api-own-erasure"),
    path("erasures/", erasure_views.ErasuresView.as_view(), name="api-erasures"),
    path("erasures/<uuid:uid>/", erasure_views.ErasureView.as_view(), name="api-erasure"),
    path(
        "projects/<slug:slug>/items/<int:pk>/lineage/",
        lineage_views.ItemLineageView.as_view(),
        name="api-item-lineage",
    ),
    path(
        "snapshots/<uuid:uid>/records/<str:record>/",
        lineage_views.RecordLineageView.as_view(),
        name="api-record-lineage",
    ),
    path(
        "runs/<uuid:uid>/lineage/", lineage_views.RunLineageView.as_view(), name="api-run-lineage"
    ),
    path("trainers/", api.Trainers.as_view(), name="api-trainers"),
    path("projects/<slug:slug>/runs/", api.ProjectRuns.as_view(), name="api-runs"),
    path(
        "projects/<slug:slug>/voidings/used/",
        voided_views.UsedAnswers.as_view(),
        name="api-used-answers",
    ),
    path("projects/<slug:slug>/checks/", api.ProjectChecks.as_view(), name="api-run-checks"),
    path(
        "projects/<slug:slug>/runs/compare/",
        compare_views.CompareRuns.as_view(),
        name="api-runs-compare",
    ),
    path(
        "checkpoints/<uuid:uid>/",
        checkpoint_views.CheckpointDetail.as_view(),
        name="api-checkpoint",
    ),
    path("runs/<uuid:uid>/report/", api.RunReport.as_view(), name="api-run-report"),
    path("runs/<uuid:uid>/files/", checkpoint_views.RunFiles.as_view(), name="api-run-files"),
    path(
        "runs/<uuid:uid>/files/<path:path>",
        checkpoint_views.RunFileView.as_view(),
        name="api-run-file",
    ),
    path("runs/<uuid:uid>/", api.RunDetail.as_view(), name="api-run"),
    path("runs/<uuid:uid>/cancel/", api.CancelRun.as_view(), name="api-run-cancel"),
    path("runs/<uuid:uid>/resume/", api.ResumeRun.as_view(), name="api-run-resume"),
    path("runs/<uuid:uid>/progress/", api.RunProgress.as_view(), name="api-run-progress"),
    path("runs/<uuid:uid>/log/", api.RunLog.as_view(), name="api-run-log"),
    path("runs/<uuid:uid>/checkpoints/", api.RunCheckpoints.as_view(), name="api-run-checkpoints"),
    path("runs/<uuid:uid>/tasks/", api.RunTasks.as_view(), name="api-run-tasks"),
]
