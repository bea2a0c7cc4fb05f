"""Who may ask for what: every address of this site, method by method.

One line per address, methods and those who may, in any order:

    NAME  METHODS  WHO  SCOPE

NAME is that of the address. WHO is one of `WHO`. SCOPE stands only for the API: what a token needs
besides its person's roles (`any`: no scope in particular); pages know no tokens. A method of a page
that has no line may do no more than its GET. An address without a line fails
`tests/security/test_roles.py`: add one, and if it needs objects that no page has, an entry in
`SAME_OBJECTS`. `./run bench roles` shows it all, as asked for and answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace

from annotation.models import Task
from exports.tracing import records_after

WHO: Mapping[str, frozenset[str]] = {
    name: frozenset(people.split())
    for name, people in {
        "everyone": "anonymous outsider other_admin labeler suspended adjudicator researcher "
        "engineer admin staff",
        "signed-in": "outsider other_admin labeler suspended adjudicator researcher engineer admin "
        "staff",
        "members": "labeler suspended adjudicator researcher engineer admin staff",
        "labeling": "labeler suspended adjudicator admin staff",
        "reading": "researcher engineer admin staff",
        "training": "engineer admin staff",
        "adjudicating": "adjudicator admin staff",
        "commenting": "adjudicator researcher admin staff",
        "managing": "admin staff",
        "staff": "staff",
        # The things that are asked for here are the admin's own.
        "owner": "admin",
        "nobody": "",
    }.items()
}
"""A suspended labeler may open what labelers may, and is given nothing to do there."""

TABLE = """
healthz                                 GET             everyone
readyz                                  GET             everyone
metrics                                 GET             everyone
sign-in                                 GET POST        everyone
mfa_authenticate                        GET POST        everyone
account_reauthenticate                  GET POST        signed-in
mfa_reauthenticate                      GET POST        signed-in
account_inactive                        GET             everyone
openid_connect_login                    GET POST        nobody
openid_connect_callback                 GET             nobody
sign-out                                POST            everyone
account_reset_password                  GET POST        everyone
account_reset_password_done             GET             everyone
account_reset_password_from_key         GET POST        everyone
account_reset_password_from_key_done    GET             everyone
safety                                  GET POST        signed-in
sessions-end                            POST            signed-in
session-end                             POST            owner
identity-leave                          POST            owner
email-remove                            POST            signed-in
email-confirm                           GET POST        signed-in
mfa_activate_totp                       GET POST        signed-in
mfa_deactivate_totp                     GET POST        nobody
mfa_view_recovery_codes                 GET             nobody
mfa_generate_recovery_codes             GET POST        signed-in
sign-in-locks                           GET POST        staff
letters                                 GET             staff
trail                                   GET             managing
trail-file                              GET             managing
site-trail                              GET             staff
site-trail-file                         GET             staff
site-webhooks                           GET POST        staff
webhooks                                GET POST        managing
account                                 GET POST        signed-in
token-revoke                            POST            owner
notices                                 GET             signed-in
notices-read                            POST            signed-in
invitation                              GET POST        everyone
people                                  GET POST        managing
invitation-revoke                       POST            managing
projects                                GET             signed-in
project-new                             GET POST        staff
projects-archived                       GET             signed-in
project                                 GET             members
overlap                                 GET POST        managing
project-clone                           GET POST        staff
project-state                           POST            managing
start                                   GET POST        labeling
label                                   GET             labeling
label-worker                            GET             everyone
guidelines                              GET             members
guidelines                              POST            managing
guidelines-read                         POST            members
work                                    GET             labeling
work-file                               GET             labeling
work-languages                          POST            labeling
reports                                 GET             managing
reports-count                           GET             managing
report-decision                         POST            managing
settings                                GET POST        managing
data                                    GET             reading
data                                    POST            managing
import                                  GET POST        reading
voiding-restore                         POST            managing
labeler-void                            GET POST        managing
pay                                     GET POST        managing
pay-rate                                GET POST        managing
gold                                    GET             managing
gold-file                               GET             managing
gold-new                                GET             managing
gold-answer                             GET POST        managing
gold-change                             GET POST        managing
gold-said                               GET             managing
gold-decision                           POST            managing
gold-proposal                           POST            managing
second-looks                            GET             adjudicating
second-look-next                        GET             adjudicating
second-look                             GET             adjudicating
comments                                GET POST        commenting
comment                                 POST            commenting
screening                               GET             reading
candidates-file                         GET             reading
candidate                               GET             reading
candidate-decide                        POST            managing
candidate-attempt                       POST            managing
screening-policy                        GET             reading
screening-policy                        POST            managing
screening-consent                       POST            managing
screening-length                        GET             reading
written                                 GET POST        managing
watches                                 GET             reading
watches-refresh                         POST            managing
watches-file                            GET             reading
labeler-file                            GET             reading
labeler-pause                           POST            managing
labeler-resume                          POST            managing
labeler-trust                           POST            managing
labeler                                 GET             reading
quality                                 GET             reading
quality-refresh                         POST            reading
quality-file                            GET             reading
agreement                               GET             reading
consensus                               GET             reading
consensus-file                          GET             reading
over-time                               GET             reading
disagreement                            GET             reading
opinions                                GET             reading
opinions                                POST            managing
opinions-file                           GET             reading
biases                                  GET             reading
items                                   GET             reading
items-file                              GET             reading
item                                    GET             reading
snapshots                               GET             reading
snapshots                               POST            training
snapshot-preview                        GET             reading
snapshot                                GET             reading
snapshot-progress                       GET             reading
snapshot-download                       GET             reading
snapshot-manifest                       GET             reading
snapshot-compare                        GET             reading
snapshot-lineage                        GET             reading
snapshot-pushes                         GET             reading
snapshot-pushes                         POST            training
snapshot-again                          POST            training
snapshot-delete                         POST            managing
item-lineage                            GET             reading
run-lineage                             GET             reading
own-data                                GET             signed-in
own-data-file                           GET             signed-in
ask-erasure                             POST            signed-in
erasures                                GET             staff
erasure                                 GET POST        staff
runs                                    GET             reading
run-new                                 GET             training
used-answers                            GET             managing
run                                     GET             reading
run-progress                            GET             reading
run-curves                              GET             reading
run-samples                             GET             reading
run-evaluation                          GET             reading
run-check                               POST            training
run-check-state                         GET             reading
runs-compare                            GET             reading
runs-compare-charts                     GET             reading
run-file                                GET             training
run-archive                             GET             training
checkpoint                              GET             reading
run-log                                 GET             reading
run-cancel                              POST            training
run-resume                              POST            training
run-to-tasks                            GET             training
set_language                            GET             everyone
api-sessions                            GET             signed-in     admin
api-sessions-end                        POST            signed-in     admin
api-session                             DELETE          owner         admin
api-sign-in-locks                       GET             staff         admin
api-sign-in-unlock                      POST            staff         admin
api-letters                             GET             staff         admin
api-invitations-by-mail                 POST            managing      admin
api-trail                               GET             managing      admin
api-site-trail                          GET             staff         admin
api-webhook-events                      GET             signed-in     any
api-site-webhooks                       GET POST        staff         admin
api-webhooks                            GET POST        managing      admin
api-me                                  GET PATCH       signed-in     any
api-preferences                         GET PATCH       signed-in     label
api-notices                             GET             signed-in     label
api-notices-read                        POST            signed-in     label
api-tokens                              GET POST        signed-in     admin
api-token                               DELETE          owner         admin
api-members                             GET             managing      admin
api-invitations                         GET POST        managing      admin
api-invitation                          DELETE          managing      admin
api-task-kinds                          GET             signed-in     any
api-projects                            GET             signed-in     any
api-projects                            POST            staff         admin
api-project                             GET             members       any
api-project                             PATCH           managing      admin
api-guidelines                          GET             members       any
api-guidelines                          POST            managing      admin
api-guidelines-read                     POST            members       label
api-consensus                           GET             reading       export
api-consensus-file                      GET             reading       export
api-work                                GET             labeling      label
api-work-file                           GET             labeling      label
api-earnings                            GET             labeling      label
api-pay-rates                           GET POST        managing      admin
api-pay-period                          GET             managing      admin
api-payrolls                            GET POST        managing      admin
api-long-changes                        GET             managing      admin
api-overlap-changes                     POST            managing      admin
api-overlap-preview                     GET             managing      admin
api-project-clone                       POST            staff         admin
api-labeling-report                     POST            labeling      label
api-reports                             GET             managing      admin
api-report-decision                     POST            managing      admin
api-screening-own                       GET             labeling      label
api-screening-consent                   DELETE POST     labeling      label
api-screening-survey                    POST            labeling      label
api-screening-groups                    PUT             labeling      label
api-screening-topics                    PUT             labeling      label
api-screening-quiz                      POST            labeling      label
api-screening-exam                      POST            labeling      label
api-comments                            GET POST        commenting    admin
api-comment                             PATCH           commenting    admin
api-notes                               GET             commenting    admin
api-second-looks                        GET             adjudicating  label
api-second-looks-claim                  POST            adjudicating  label
api-second-looks-decide                 POST            adjudicating  label
api-second-looks-pass                   POST            adjudicating  label
api-imports                             GET             reading       admin
api-imports                             POST            managing      admin
api-import                              GET             reading       admin
api-gold                                GET POST        managing      admin
api-gold-file                           GET             managing      admin
api-gold-summary                        GET             managing      admin
api-gold-proposals                      GET             managing      admin
api-gold-proposal                       POST            managing      admin
api-gold-item                           GET POST PUT    managing      admin
api-voidings                            GET POST        managing      admin
api-voidings-preview                    GET             managing      admin
api-voiding-restore                     POST            managing      admin
api-screening-policy                    GET             reading       admin
api-screening-policy                    PATCH           managing      admin
api-consent-forms                       GET             reading       admin
api-consent-forms                       POST            managing      admin
api-exam-length                         GET             reading       admin
api-screening-funnel                    GET             reading       admin
api-candidates                          GET             reading       admin
api-candidates-file                     GET             reading       admin
api-candidate                           GET             reading       admin
api-candidate-decision                  POST            managing      admin
api-candidate-attempt                   POST            managing      admin
api-written                             GET POST        managing      admin
api-items                               GET             reading       export
api-items-file                          GET             reading       export
api-item                                GET             reading       export
api-opinions                            GET             reading       export
api-opinions-file                       GET             reading       export
api-population                          GET             reading       admin
api-population                          PUT             managing      admin
api-biases                              GET             reading       export
api-labelers                            GET             reading       admin
api-labelers-refresh                    POST            managing      admin
api-labelers-file                       GET             reading       admin
api-labeler-pause                       POST            managing      admin
api-labeler-resume                      POST            managing      admin
api-labeler-trust                       POST            managing      admin
api-labeler                             GET             reading       admin
api-quality                             GET             reading       export
api-quality-file                        GET             reading       export
api-agreement                           GET             reading       export
api-labeler-pairs                       GET             reading       export
api-over-time                           GET             reading       export
api-disagreement                        GET             reading       export
api-labeling-next                       POST            labeling      label
api-labeling-judgments                  POST            labeling      label
api-labeling-undo                       POST            labeling      label
api-labeling-skip                       POST            labeling      label
api-labeling-draft                      PUT             labeling      label
api-labeling-recent                     GET             labeling      label
api-labeling-correct                    POST            labeling      label
api-snapshots                           GET             reading       any
api-snapshots                           POST            training      export
api-snapshot-preview                    POST            reading       export
api-snapshot                            GET             reading       any
api-snapshot-manifest                   GET             reading       any
api-snapshot-download                   GET             reading       export
api-trainers                            GET             signed-in     train
api-runs                                GET             reading       train
api-runs                                POST            training      train
api-used-answers                        GET             managing      admin
api-run                                 GET             reading       train
api-run-cancel                          POST            training      train
api-run-resume                          POST            training      train
api-run-progress                        GET             reading       train
api-run-log                             GET             reading       train
api-run-checkpoints                     GET             reading       train
api-run-tasks                           POST            training      train
api-run-checks                          POST            training      train
api-run-report                          GET             reading       train
api-run-files                           GET             training      train
api-run-file                            GET             training      train
api-runs-compare                        GET             reading       train
api-checkpoint                          GET             reading       train
schema                                  GET             everyone
api-docs                                GET             everyone      any
api-trial-next                          POST            managing      admin
api-trial-judgments                     POST            managing      admin
api-trial-skip                          POST            managing      admin
api-trial-nothing                       GET POST PUT    managing      admin
api-payroll                             GET             managing      admin
api-payroll-file                        GET             managing      admin
api-payroll-paid                        POST            managing      admin
api-payment-refusal                     POST DELETE     managing      admin
api-own-appeals                         GET POST        labeling      label
api-appeals                             GET             managing      admin
api-appeal                              POST            managing      admin
api-crowd                               GET PATCH       managing      admin
api-crowd-labelers                      GET             managing      admin
api-crowd-file                          GET             managing      admin
api-completion                          GET POST        labeling      label
api-import-dataset                      POST            managing      admin
api-import-preview                      GET             reading       admin
api-import-preview                      PUT             managing      admin
api-import-confirm                      POST            managing      admin
api-import-pause                        POST            managing      admin
api-import-resume                       POST            managing      admin
api-import-cancel                       POST            managing      admin
api-import-refused                      GET             managing      admin
api-quality-refresh                     POST            reading       export
api-webhook                             GET PATCH DELETE managing      admin
api-webhook-secret                      POST            managing      admin
api-webhook-test                        POST            managing      admin
api-webhook-deliveries                  GET             managing      admin
api-webhook-delivery                    GET             managing      admin
api-webhook-resend                      POST            managing      admin
api-invitation-accept                   POST            signed-in     admin
api-snapshot-file                       GET             reading       export
api-snapshot-changes                    GET             reading       export
api-snapshot-lineage                    GET             reading       export
api-record-lineage                      GET             reading       export
api-item-lineage                        GET             reading       export
api-run-lineage                         GET             reading       any
api-pushes                              GET             reading       export
api-pushes                              POST            training      export
api-snapshot-again                      POST            training      export
api-snapshot-delete                     POST            managing      export
api-own-data                            GET             signed-in     admin
api-own-erasure                         POST DELETE     signed-in     admin
api-erasure                             GET             staff         admin
api-erasures                            POST            staff         admin
mail-stop                               GET POST        everyone
webhook                                 GET POST        managing
webhook-delivery                        GET             managing
change-progress                         GET             managing
trial                                   GET             managing
trial-label                             GET             managing
import-read                             POST            managing
import-confirm                          POST            managing
import-pause                            POST            managing
import-resume                           POST            managing
import-cancel                           POST            managing
import-refused                          GET             managing
appeals                                 GET             managing
appeal                                  POST            labeling
appeals-count                           GET             managing
appeal-answer                           POST            managing
crowd                                   GET POST        managing
crowd-file                              GET             managing
completion                              GET POST        labeling
payroll                                 GET             managing
payroll-file                            GET             managing
payroll-paid                            POST            managing
payment                                 POST            managing
"""

_SINCE = "?labeler={labeler}&since=2026-01-01T00:00:00Z"
QUERIES = {
    "api-voidings": "?labeler={labeler}",
    **dict.fromkeys(["api-voidings-preview", "api-used-answers", "used-answers"], _SINCE),
}
"""What has to be asked for a request to make sense; ``{labeler}`` is the key of one."""

FORMS = {"candidate-decide": {"exam": "{exam}"}}
"""What a form has to name to reach what it is about."""

SAME_ADDRESS = frozenset(
    {"account_login", "socialaccount_login_cancelled", "mfa_index", "socialaccount_connections"}
)
"""Second names of addresses, by which allauth asks for them."""

Found = Callable[[SimpleNamespace], Mapping[str, object]]


def _of(**found: Callable[[SimpleNamespace], object]) -> Found:
    return lambda house: {name: find(house) for name, find in found.items()}


def _pairs(_house: SimpleNamespace) -> str:
    return "pairwise"


SAME_OBJECTS: Mapping[str, str | Found] = {
    "api-voiding-restore": "voiding-restore",
    "api-report-decision": "report-decision",
    "api-gold-item": "gold-change",
    "api-gold-proposal": "gold-proposal",
    "api-candidate-decision": "candidate",
    "api-candidate-attempt": "candidate",
    "api-labeler-pause": "labeler",
    "api-labeler-resume": "labeler",
    "labeler-trust": "labeler",
    "api-labeler-trust": "labeler",
    "api-invitation": "invitation-revoke",
    "api-run-checkpoints": "run",
    "api-run-tasks": "run",
    "api-payment-refusal": "payment",
    "api-appeal": "appeal-answer",
    **dict.fromkeys(["import-preview", "import-refused", "import-read"], "import"),
    **dict.fromkeys(["api-import-preview", "api-import-refused"], "import"),
    **dict.fromkeys(
        ["api-webhook-secret", "api-webhook-test", "api-webhook-deliveries"], "webhook"
    ),
    **dict.fromkeys(
        ["api-webhook-delivery", "api-webhook-resend"],
        _of(
            uid=lambda house: house.webhooks[0].uid,
            delivery=lambda house: house.webhooks[0].deliveries.first().uid,
        ),
    ),
    **dict.fromkeys(
        [
            *("api-snapshot-changes", "api-snapshot-lineage", "api-pushes"),
            *("api-snapshot-again", "api-snapshot-delete"),
        ],
        "snapshot",
    ),
    **dict.fromkeys(["api-run-lineage", "api-run-report", "api-run-files"], "run"),
    "api-run-file": "run-file",
    "api-checkpoint": "checkpoint",
    "api-item-lineage": "item-lineage",
    "api-record-lineage": _of(
        uid=lambda house: house.snapshots[0].uid,
        record=lambda house: records_after(house.snapshots[0], 0)[0][0].id,
    ),
    "api-erasure": _of(uid=lambda house: house.erasure),
    "api-snapshot-file": _of(
        uid=lambda house: house.snapshots[0].uid, path=lambda _house: "manifest.json"
    ),
    **dict.fromkeys(
        ["api-trial-next", "api-trial-judgments", "api-trial-skip", "api-trial-nothing"],
        "trial-label",
    ),
    **dict.fromkeys(["item", "api-item"], _of(slug=_pairs, pk=lambda house: house.disputed.pk)),
    **dict.fromkeys(["items", "api-items"], _of(slug=_pairs)),
    "gold-answer": _of(
        slug=_pairs,
        pk=lambda _house: Task.objects.filter(project__slug="pairwise", is_gold=False).last().pk,
    ),
    "email-confirm": _of(token=lambda _house: "none"),
    "account_reset_password_from_key": _of(uidb36=lambda _house: "1", key=lambda _house: "none"),
    **dict.fromkeys(
        ["openid_connect_login", "openid_connect_callback"], _of(provider_id=lambda _house: "oidc")
    ),
}
"""Which address has the same objects in `tests.browser.everyone.OBJECTS`, or how to find
them in the furnished house. ``api-X`` has those of ``X`` without being named here."""


@dataclass(frozen=True)
class Row:
    """Who may send ``method`` to the address ``name``."""

    name: str
    method: str
    who: frozenset[str]
    group: str
    scope: str = ""


def rows() -> dict[tuple[str, str], Row]:
    """The table by name and method.

    Raises:
        ValueError: a line that says nothing, or two about the same.
    """
    found: dict[tuple[str, str], Row] = {}
    for line in filter(None, map(str.strip, TABLE.splitlines())):
        name, *words = line.split()
        methods = [word for word in words if word.isupper()]
        group, *scope = [word for word in words if not word.isupper()]
        for method in methods:
            if (name, method) in found:
                raise ValueError(f"{name} {method} stands twice in the table.")
            found[name, method] = Row(name, method, WHO[group], group, *scope)
    return found
