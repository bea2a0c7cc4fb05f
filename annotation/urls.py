"""The addresses of annotation's pages; those of its API are in `annotation.api.urls`."""

from django.urls import path

from annotation import labeler_keys  # noqa: F401 - makes `labeler:` known in addresses
from annotation.views import (
    appeals,
    comments,
    consensus,
    crowd,
    gold,
    gold_making,
    guidelines,
    hiring,
    imports,
    items,
    labelers,
    labeling,
    languages,
    opinions,
    pay,
    projects,
    quality,
    reports,
    running,
    screening_policy,
    second_looks,
    settings,
    start,
    trying,
    voiding,
    work,
    written,
)

urlpatterns = [
    path("", projects.projects, name="projects"),
    path("projects/new/", settings.project_new, name="project-new"),
    path("projects/archived/", running.archived, name="projects-archived"),
    path("projects/<slug:slug>/", projects.project, name="project"),
    path("projects/<slug:slug>/overlap/", running.overlap, name="overlap"),
    path(
        "projects/<slug:slug>/changes/<slug:kind>/",
        running.change_progress,
        name="change-progress",
    ),
    path("projects/<slug:slug>/trial/", trying.trial, name="trial"),
    path("projects/<slug:slug>/trial/<slug:stage>/", trying.trial_label, name="trial-label"),
    path("projects/<slug:slug>/clone/", running.clone, name="project-clone"),
    path("projects/<slug:slug>/state/", projects.set_state, name="project-state"),
    path("projects/<slug:slug>/start/", start.start, name="start"),
    path("projects/<slug:slug>/label/", labeling.label, name="label"),
    path("label-worker.js", labeling.worker, name="label-worker"),
    path("projects/<slug:slug>/guidelines/", guidelines.guidelines, name="guidelines"),
    path("projects/<slug:slug>/guidelines/read/", guidelines.mark_read, name="guidelines-read"),
    path("projects/<slug:slug>/work/", work.work, name="work"),
    path("projects/<slug:slug>/work/languages/", languages.choose, name="work-languages"),
    path("projects/<slug:slug>/work.csv", work.work_file, name="work-file"),
    path("projects/<slug:slug>/reports/", reports.reports, name="reports"),
    path("projects/<slug:slug>/reports/count/", reports.count, name="reports-count"),
    path("projects/<slug:slug>/reports/<int:pk>/", reports.decide, name="report-decision"),
    path("projects/<slug:slug>/settings/", settings.settings, name="settings"),
    path("projects/<slug:slug>/data/", imports.data, name="data"),
    path("projects/<slug:slug>/imports/<uuid:uid>/", imports.import_page, name="import"),
    *(
        path(f"projects/<slug:slug>/imports/<uuid:uid>/{word}/", view, name=f"import-{word}")
        for word, view in {
            "read": imports.read_again,
            "confirm": imports.confirm,
            "pause": imports.pause,
            "resume": imports.resume,
            "cancel": imports.cancel,
            "refused": imports.refused,
        }.items()
    ),
    path(
        "projects/<slug:slug>/voidings/<int:pk>/restore/", voiding.restore, name="voiding-restore"
    ),
    path("projects/<slug:slug>/voiding/<labeler:key>/", voiding.void, name="labeler-void"),
    path("projects/<slug:slug>/appeals/", appeals.appeals, name="appeals"),
    path("projects/<slug:slug>/appeals/new/", appeals.appeal, name="appeal"),
    path("projects/<slug:slug>/appeals/count/", appeals.count, name="appeals-count"),
    path("projects/<slug:slug>/appeals/<int:pk>/", appeals.answer, name="appeal-answer"),
    path("projects/<slug:slug>/crowd/", crowd.crowd, name="crowd"),
    path("projects/<slug:slug>/crowd.csv", crowd.crowd_as_file, name="crowd-file"),
    path("projects/<slug:slug>/completion/", crowd.completion, name="completion"),
    path("projects/<slug:slug>/pay/", pay.pay, name="pay"),
    path("projects/<slug:slug>/pay/rate/", pay.pay_rate, name="pay-rate"),
    path("projects/<slug:slug>/payrolls/<int:number>/", pay.payroll, name="payroll"),
    path(
        "projects/<slug:slug>/payrolls/<int:number>.csv", pay.payroll_as_file, name="payroll-file"
    ),
    path("projects/<slug:slug>/payrolls/<int:number>/paid/", pay.mark_paid, name="payroll-paid"),
    path("projects/<slug:slug>/payments/<int:pk>/", pay.settle, name="payment"),
    path("projects/<slug:slug>/gold/", gold.gold, name="gold"),
    path("projects/<slug:slug>/gold.csv", gold.gold_file, name="gold-file"),
    path("projects/<slug:slug>/gold/new/", gold_making.choose, name="gold-new"),
    path("projects/<slug:slug>/gold/new/<int:pk>/", gold_making.answer, name="gold-answer"),
    path("projects/<slug:slug>/gold/<int:pk>/", gold_making.change, name="gold-change"),
    path("projects/<slug:slug>/gold/<int:pk>/said/", gold.said, name="gold-said"),
    path("projects/<slug:slug>/gold/<int:pk>/decide/", gold.decide, name="gold-decision"),
    path(
        "projects/<slug:slug>/gold/proposals/<int:pk>/",
        gold.decide_proposal,
        name="gold-proposal",
    ),
    path("projects/<slug:slug>/second-looks/", second_looks.queue, name="second-looks"),
    path("projects/<slug:slug>/second-looks/next/", second_looks.look, name="second-look-next"),
    path("projects/<slug:slug>/second-looks/<int:pk>/", second_looks.look, name="second-look"),
    path("projects/<slug:slug>/items/<int:pk>/comments/", comments.comments, name="comments"),
    path("projects/<slug:slug>/comments/<int:pk>/", comments.settle, name="comment"),
    path("projects/<slug:slug>/screening/", hiring.screening, name="screening"),
    path(
        "projects/<slug:slug>/screening/candidates.csv",
        hiring.candidates_file,
        name="candidates-file",
    ),
    path("projects/<slug:slug>/screening/people/<int:pk>/", hiring.candidate, name="candidate"),
    path(
        "projects/<slug:slug>/screening/people/<int:pk>/decide/",
        hiring.decide,
        name="candidate-decide",
    ),
    path(
        "projects/<slug:slug>/screening/people/<int:pk>/attempt/",
        hiring.allow,
        name="candidate-attempt",
    ),
    path(
        "projects/<slug:slug>/screening/policy/", screening_policy.policy, name="screening-policy"
    ),
    path(
        "projects/<slug:slug>/screening/consent/",
        screening_policy.publish_consent,
        name="screening-consent",
    ),
    path(
        "projects/<slug:slug>/screening/length/", screening_policy.length, name="screening-length"
    ),
    path("projects/<slug:slug>/screening/texts/", written.written, name="written"),
    path("projects/<slug:slug>/labelers/", labelers.watches, name="watches"),
    path("projects/<slug:slug>/labelers/refresh/", labelers.refresh, name="watches-refresh"),
    path("projects/<slug:slug>/labelers.csv", labelers.watches_file, name="watches-file"),
    path(
        "projects/<slug:slug>/labelers/<labeler:key>/pairs.csv",
        labelers.labeler_file,
        name="labeler-file",
    ),
    path(
        "projects/<slug:slug>/labelers/<labeler:key>/pause/", labelers.pause, name="labeler-pause"
    ),
    path(
        "projects/<slug:slug>/labelers/<labeler:key>/trust/", labelers.trust, name="labeler-trust"
    ),
    path(
        "projects/<slug:slug>/labelers/<labeler:key>/resume/",
        labelers.resume,
        name="labeler-resume",
    ),
    path("projects/<slug:slug>/labelers/<labeler:key>/", labelers.labeler, name="labeler"),
    path("projects/<slug:slug>/quality/", quality.quality, name="quality"),
    path("projects/<slug:slug>/quality/refresh/", quality.refresh, name="quality-refresh"),
    path(
        "projects/<slug:slug>/quality/<slug:table>.csv", quality.quality_file, name="quality-file"
    ),
    path("projects/<slug:slug>/agreement/", quality.agreement, name="agreement"),
    path("projects/<slug:slug>/consensus/", consensus.consensus, name="consensus"),
    path("projects/<slug:slug>/consensus.csv", consensus.reliability_file, name="consensus-file"),
    path("projects/<slug:slug>/over-time/", quality.over_time, name="over-time"),
    path("projects/<slug:slug>/disagreement/", quality.disagreement, name="disagreement"),
    path("projects/<slug:slug>/opinions/", opinions.show, name="opinions"),
    path("projects/<slug:slug>/opinions.csv", opinions.opinions_file, name="opinions-file"),
    path("projects/<slug:slug>/biases/", opinions.show_biases, name="biases"),
    path("projects/<slug:slug>/items/", items.items, name="items"),
    path("projects/<slug:slug>/items.csv", items.items_file, name="items-file"),
    path("projects/<slug:slug>/items/<int:pk>/", items.item, name="item"),
]
