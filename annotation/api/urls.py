"""The addresses of annotation below /api/v1/."""

from django.urls import path

from annotation import labeler_keys  # noqa: F401 - makes `labeler:` known in addresses
from annotation.api import appeals as appeals_api
from annotation.api import comments as comments_api
from annotation.api import consensus as consensus_api
from annotation.api import crowd as crowd_api
from annotation.api import gold as gold_api
from annotation.api import guidelines as guidelines_api
from annotation.api import hiring as hiring_api
from annotation.api import imports as imports_api
from annotation.api import items as items_api
from annotation.api import labelers as labelers_api
from annotation.api import labeling as labeling_api
from annotation.api import opinions as opinions_api
from annotation.api import pay as pay_api
from annotation.api import projects as projects_api
from annotation.api import quality as quality_api
from annotation.api import reports as reports_api
from annotation.api import running as running_api
from annotation.api import screening as screening_api
from annotation.api import screening_policy as screening_policy_api
from annotation.api import second_looks as second_looks_api
from annotation.api import trying as trying_api
from annotation.api import voiding as voiding_api
from annotation.api import work as work_api

urlpatterns = [
    # First: these are asked for with every item.
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
    path(
        "projects/<slug:slug>/consensus/",
        consensus_api.ConsensusView.as_view(),
        name="api-consensus",
    ),
    path(
        "projects/<slug:slug>/consensus.csv",
        consensus_api.ReliabilityFileView.as_view(),
        name="api-consensus-file",
    ),
    path("projects/<slug:slug>/work/", work_api.OwnWorkView.as_view(), name="api-work"),
    path("projects/<slug:slug>/work.csv", work_api.OwnWorkFileView.as_view(), name="api-work-file"),
    *(
        path(
            f"projects/<slug:slug>/trial/<slug:stage>/{name}/",
            view.as_view(),
            name=f"api-trial-{name}",
        )
        for name, view in {
            "next": trying_api.TrialNextView,
            "judgments": trying_api.TrialJudgmentsView,
            "skip": trying_api.TrialSkipView,
            "nothing": trying_api.TrialNothingView,
        }.items()
    ),
    path("projects/<slug:slug>/earnings/", pay_api.EarningsView.as_view(), name="api-earnings"),
    *(
        path(f"projects/<slug:slug>/{route}", view.as_view(), name=f"api-{name}")
        for name, route, view in (
            ("pay-rates", "pay-rates/", pay_api.RatesView),
            ("pay-period", "pay-period/", pay_api.PeriodView),
            ("payrolls", "payrolls/", pay_api.PayrollsView),
            ("payroll", "payrolls/<int:number>/", pay_api.PayrollView),
            ("payroll-file", "payrolls/<int:number>.csv", pay_api.PayrollFileView),
            ("payroll-paid", "payrolls/<int:number>/paid/", pay_api.PaidView),
            ("own-appeals", "work/decisions/", appeals_api.OwnAppealsView),
            ("appeals", "appeals/", appeals_api.AppealsView),
            ("appeal", "appeals/<int:pk>/", appeals_api.AppealView),
            ("crowd", "crowd/", crowd_api.CrowdView),
            ("crowd-labelers", "crowd/labelers/", crowd_api.CrowdLabelersView),
            ("crowd-file", "crowd.csv", crowd_api.CrowdFileView),
            ("completion", "completion/", crowd_api.CompletionView),
            ("long-changes", "long-changes/", running_api.LongChangesView),
            ("overlap-changes", "overlap-changes/", running_api.OverlapChangesView),
            ("overlap-preview", "overlap-changes/preview/", running_api.OverlapPreviewView),
            ("project-clone", "clone/", running_api.CloneView),
            ("payment-refusal", "payments/<int:pk>/refusal/", pay_api.PaymentView),
        )
    ),
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
    *(
        path(
            f"projects/<slug:slug>/screening/{name}/",
            view.as_view(),
            name=f"api-screening-{name}",
        )
        for name, view in {
            "own": screening_api.OwnScreeningView,
            "consent": screening_api.ConsentView,
            "survey": screening_api.SurveyView,
            "groups": screening_api.GroupsView,
            "topics": screening_api.TopicsView,
            "quiz": screening_api.QuizView,
            "exam": screening_api.ExamView,
        }.items()
    ),
    path(
        "projects/<slug:slug>/items/<int:pk>/comments/",
        comments_api.CommentsView.as_view(),
        name="api-comments",
    ),
    path(
        "projects/<slug:slug>/comments/<int:pk>/",
        comments_api.CommentView.as_view(),
        name="api-comment",
    ),
    path(
        "projects/<slug:slug>/notes/",
        comments_api.OpenNotesView.as_view(),
        name="api-notes",
    ),
    path(
        "projects/<slug:slug>/second-looks/",
        second_looks_api.QueueView.as_view(),
        name="api-second-looks",
    ),
    *(
        path(
            f"projects/<slug:slug>/second-looks/{name}/",
            view.as_view(),
            name=f"api-second-looks-{name}",
        )
        for name, view in {
            "claim": second_looks_api.ClaimView,
            "decide": second_looks_api.DecideView,
            "pass": second_looks_api.PassView,
        }.items()
    ),
    path("projects/<slug:slug>/imports/", imports_api.ImportsView.as_view(), name="api-imports"),
    path(
        "projects/<slug:slug>/imports/dataset/",
        imports_api.ImportDatasetView.as_view(),
        name="api-import-dataset",
    ),
    path(
        "projects/<slug:slug>/imports/<uuid:uid>/",
        imports_api.ImportView.as_view(),
        name="api-import",
    ),
    *(
        path(
            f"projects/<slug:slug>/imports/<uuid:uid>/{name}/",
            view.as_view(),
            name=f"api-import-{name}",
        )
        for name, view in {
            "preview": imports_api.ImportPreviewView,
            "confirm": imports_api.ImportConfirmView,
            "pause": imports_api.ImportPauseView,
            "resume": imports_api.ImportResumeView,
            "cancel": imports_api.ImportCancelView,
            "refused": imports_api.ImportRefusedView,
        }.items()
    ),
    path("projects/<slug:slug>/gold/", gold_api.GoldsView.as_view(), name="api-gold"),
    path("projects/<slug:slug>/gold.csv", gold_api.GoldFileView.as_view(), name="api-gold-file"),
    path(
        "projects/<slug:slug>/gold/summary/",
        gold_api.GoldSummaryView.as_view(),
        name="api-gold-summary",
    ),
    path(
        "projects/<slug:slug>/gold/proposals/",
        gold_api.ProposalsView.as_view(),
        name="api-gold-proposals",
    ),
    path(
        "projects/<slug:slug>/gold/proposals/<int:pk>/",
        gold_api.ProposalView.as_view(),
        name="api-gold-proposal",
    ),
    path("projects/<slug:slug>/gold/<int:pk>/", gold_api.GoldView.as_view(), name="api-gold-item"),
    path("projects/<slug:slug>/voidings/", voiding_api.VoidingsView.as_view(), name="api-voidings"),
    path(
        "projects/<slug:slug>/voidings/preview/",
        voiding_api.VoidingPreviewView.as_view(),
        name="api-voidings-preview",
    ),
    path(
        "projects/<slug:slug>/voidings/<int:pk>/restore/",
        voiding_api.RestoreView.as_view(),
        name="api-voiding-restore",
    ),
    *(
        path(f"projects/<slug:slug>/screening/{route}", view.as_view(), name=f"api-{name}")
        for name, route, view in (
            ("screening-policy", "policy/", screening_policy_api.PolicyView),
            ("consent-forms", "consent-forms/", screening_policy_api.ConsentFormsView),
            ("exam-length", "exam-length/", screening_policy_api.ExamLengthView),
            ("screening-funnel", "funnel/", hiring_api.FunnelView),
            ("candidates", "candidates/", hiring_api.CandidatesView),
            ("candidates-file", "candidates.csv", hiring_api.CandidatesFileView),
            ("candidate", "candidates/<int:pk>/", hiring_api.CandidateView),
            ("candidate-decision", "candidates/<int:pk>/decision/", hiring_api.ExamDecisionView),
            ("candidate-attempt", "candidates/<int:pk>/attempt/", hiring_api.ExamAttemptView),
            ("written", "texts/", hiring_api.WrittenView),
        )
    ),
    path("projects/<slug:slug>/items/", items_api.ItemsView.as_view(), name="api-items"),
    path(
        "projects/<slug:slug>/items.csv", items_api.ItemsFileView.as_view(), name="api-items-file"
    ),
    path("projects/<slug:slug>/items/<int:pk>/", items_api.ItemView.as_view(), name="api-item"),
    path(
        "projects/<slug:slug>/opinions/",
        opinions_api.OpinionsView.as_view(),
        name="api-opinions",
    ),
    path(
        "projects/<slug:slug>/opinions.csv",
        opinions_api.OpinionsFileView.as_view(),
        name="api-opinions-file",
    ),
    path(
        "projects/<slug:slug>/population/",
        opinions_api.PopulationView.as_view(),
        name="api-population",
    ),
    path("projects/<slug:slug>/biases/", opinions_api.BiasesView.as_view(), name="api-biases"),
    path(
        "projects/<slug:slug>/labelers/", labelers_api.LabelersView.as_view(), name="api-labelers"
    ),
    path(
        "projects/<slug:slug>/labelers/refresh/",
        labelers_api.RefreshView.as_view(),
        name="api-labelers-refresh",
    ),
    path(
        "projects/<slug:slug>/labelers.csv",
        labelers_api.LabelersFileView.as_view(),
        name="api-labelers-file",
    ),
    path(
        "projects/<slug:slug>/labelers/<labeler:key>/pause/",
        labelers_api.PauseView.as_view(),
        name="api-labeler-pause",
    ),
    path(
        "projects/<slug:slug>/labelers/<labeler:key>/trust/",
        labelers_api.TrustView.as_view(),
        name="api-labeler-trust",
    ),
    path(
        "projects/<slug:slug>/labelers/<labeler:key>/resume/",
        labelers_api.ResumeView.as_view(),
        name="api-labeler-resume",
    ),
    path(
        "projects/<slug:slug>/labelers/<labeler:key>/",
        labelers_api.LabelerView.as_view(),
        name="api-labeler",
    ),
    path("projects/<slug:slug>/quality/", quality_api.QualityView.as_view(), name="api-quality"),
    path(
        "projects/<slug:slug>/quality/refresh/",
        quality_api.RefreshFiguresView.as_view(),
        name="api-quality-refresh",
    ),
    path(
        "projects/<slug:slug>/quality/<slug:table>.csv",
        quality_api.TableView.as_view(),
        name="api-quality-file",
    ),
    *(
        path(f"projects/<slug:slug>/{name}/", view.as_view(), name=f"api-{name}")
        for name, view in {
            "agreement": quality_api.AgreementView,
            "labeler-pairs": quality_api.MatrixView,
            "over-time": quality_api.WeeksView,
            "disagreement": quality_api.DisagreementView,
        }.items()
    ),
]
