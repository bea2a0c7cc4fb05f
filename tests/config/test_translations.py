"""The Japanese catalogue is whole, and no page speaks English to somebody who reads Japanese."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from pathlib import Path
from string import Formatter

import polib
import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from annotation import configuring
from annotation.models import ImportBatch, Report
from annotation.task_kinds.catalog import TASK_KINDS
from exports import snapshotting
from labelers import inviting, tokens
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks
from training import queueing
from training.models import Checkpoint, Run
from training.run_dir import RunDir

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "config" / "locale" / "ja" / "LC_MESSAGES" / "django.po"
SHORTEST = 13
"""English words below this many letters may be part of anything (names, codes, formats)."""


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_message_is_translated(catalogue) -> None:
    assert not catalogue.fuzzy_entries()
    assert not catalogue.obsolete_entries()
    empty = [e.msgid for e in catalogue if not all(text.strip() for text in translations(e))]
    assert empty == []


def placeholders(text: str) -> tuple[list[str], set[str]]:
    """%-placeholders with a literal %% among them, and names in braces where braces are meant."""
    percent = sorted(re.findall(r"%\(\w+\)[sd]|%[sd%]", text))
    try:
        braces = {name for _text, name, _spec, _conversion in Formatter().parse(text) if name}
    except ValueError:
        braces = set()
    return percent, braces


def test_translations_have_the_same_placeholders(catalogue) -> None:
    wrong = [
        entry.msgid
        for entry in catalogue
        for text in translations(entry)
        # Japanese has one form, which stands for any number.
        if placeholders(text) != placeholders(entry.msgid_plural or entry.msgid)
    ]
    assert wrong == []


def test_the_compiled_catalogue_is_this_one(catalogue) -> None:
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    assert {(e.msgctxt, e.msgid): translations(e) for e in compiled} == {
        (e.msgctxt, e.msgid): translations(e) for e in catalogue
    }


@pytest.mark.skipif(
    not (shutil.which("xgettext") and shutil.which("msguniq")), reason="gettext is not installed"
)
def test_the_catalogue_has_every_message_of_the_sources(
    catalogue, settings, monkeypatch, tmp_path
) -> None:
    settings.LOCALE_PATHS = [tmp_path]
    monkeypatch.chdir(ROOT)
    call_command("makemessages", locale=["ja"], ignore_patterns=["config/locale"], verbosity=0)
    fresh = polib.pofile(str(tmp_path / "ja" / "LC_MESSAGES" / "django.po"))
    known, found = {e.msgid for e in catalogue}, {e.msgid for e in fresh}
    assert len(found) > 500
    assert found - known == set(), "run makemessages -l ja, translate, run compilemessages"
    assert known - found == set(), "run makemessages -l ja, then compilemessages"


# ------------------------------------------------------------------------------- the pages


def english_sentences(catalogue: polib.POFile) -> set[str]:
    """What of the English messages is long enough to be told from names and data."""
    pieces = set()
    for entry in catalogue:
        japanese = " ".join(translations(entry))
        for text in filter(None, (entry.msgid, entry.msgid_plural)):
            longest = max(re.split(r"%\(\w+\)[sd]|%d|\{\w+\}|<[^>]*>", text), key=len).strip()
            longest = longest.replace("%%", "%")
            if len(longest) >= SHORTEST and longest not in japanese:
                pieces.add(longest)
    return pieces


@pytest.fixture
def world(project, admin, engineer, labeler, person_factory) -> dict[str, object]:
    """A project with everything in it that a page can show."""
    for role in ("labeler", "engineer"):
        project.memberships.create(person=admin, role=role)
    for text in ("# 指針", "# 新しい指針"):
        configuring.publish_guidelines(project=project, text=text, created_by=admin)
    project.settings.overlap = 2
    project.settings.save()
    make_tasks(project, 4)
    other = person_factory("jiro", project, "labeler")
    for person, answers in ((labeler, [A_IS_BETTER] * 3), (other, [A_IS_BETTER, B_IS_BETTER])):
        for answer in answers:
            answer_next(person, project, answer)
    for person, decision in ((labeler, ""), (other, Report.Decision.COVER)):
        task = person.assignments.first().task
        Report.objects.create(task=task, person=person, reason="disturbing", decision=decision)
    batch = ImportBatch.objects.create(
        project=project,
        file_name="rows.jsonl",
        format="accord",
        size=1,
        state=ImportBatch.State.FAILED,
        error="2 of 9 rows are bad, so nothing was kept: mend them, or import again and skip "
        "bad rows.",
        problems=[
            {"line": 3, "field": "prompt", "problem": "contains a NUL character; remove it."}
        ],
    )
    inviting.invite(project=project, role="labeler", created_by=admin, note="memo")
    snapshot = snapshotting.request_snapshot(project=project, created_by=admin, name="one")
    return {
        "project": project,
        "batch": batch,
        "waiting": snapshotting.request_snapshot(project=project, created_by=admin, name="two"),
        "failed": snapshotting.request_snapshot(
            project=project, created_by=admin, name="three", filters={"languages": ["xx"]}
        ),
        "snapshot": snapshot,
    }


def built(snapshot):
    return snapshotting.build_snapshot(snapshot_uid=snapshot.uid)


def finished_run(project, admin, snapshot, trainer: str, **result) -> Run:
    run = queueing.request_run(
        project=project,
        created_by=admin,
        trainer=trainer,
        name=f"my {trainer}",
        config={"model": "org/name"},
        snapshot=snapshot,
    )
    folder = RunDir(run.path)
    metrics = {"accuracy": 0.6, "accuracy_low": 0.5, "accuracy_high": 0.7, "pairs": 40}
    report = {"by_strength": {"better": metrics, "slightly": metrics}}
    (run.path / "outputs").mkdir(exist_ok=True)
    (run.path / "outputs" / "report.json").write_text(json.dumps(report), encoding="utf-8")
    (run.path / "data_report.json").write_text('{"records": "ranking", "rows": 7}')
    folder.append_progress({"step": 1, "total_steps": 2, "metrics": {"held_out_loss": 0.5}})
    folder.append_samples({"step": 1, "prompt": "質問", "response": "答え"})
    Checkpoint.objects.create(
        run=run, name="step-1", step=1, kind="adapter", produces="policy", path="/x", is_best=True
    )
    Run.objects.filter(pk=run.pk).update(
        state="done",
        started_at=timezone.now(),
        finished_at=timezone.now(),
        step=2,
        total_steps=2,
        attempts=2,
        metrics=metrics | {"loss": 0.4},
        result={
            "metrics": metrics
            | {
                "accuracy_longer": 0.55,
                "accuracy_first": 0.5,
                "held_out_split": "test",
                "verdict": "60.0% (50.0% to 70.0%): no better than chance.",
            }
        },
    )
    return run


@pytest.mark.django_db(transaction=True)
def test_no_page_speaks_english_to_a_japanese_reader(
    client, world, admin, engineer, project_factory, catalogue
) -> None:
    project = world["project"]
    snapshot, failed = built(world["snapshot"]), built(world["failed"])
    assert (snapshot.state, failed.state) == ("done", "failed")
    run = finished_run(project, admin, snapshot, "evaluate")
    generated = finished_run(project, admin, snapshot, "generate")
    waiting = queueing.request_run(
        project=project,
        created_by=admin,
        trainer="dpo",
        name="my dpo",
        config={},
        snapshot=snapshot,
    )
    stopped = finished_run(project, admin, snapshot, "reward_model")
    Run.objects.filter(pk=stopped.pk).update(
        state="failed", error="device is cuda, which this machine has not: take auto."
    )
    of_a_kind = [project_factory(f"p-{n}", kind=kind) for n, kind in enumerate(TASK_KINDS)]
    for other in of_a_kind:
        for role in ("labeler", "admin"):
            other.memberships.create(person=admin, role=role)
    _made, token = inviting.invite(project=project, role="engineer", created_by=admin)
    _made, used = inviting.invite(project=project, role="engineer", created_by=admin)
    inviting.accept(token=used, person=engineer)
    tokens.create_token(person=admin, name="memo", scopes=["label", "admin", "export", "train"])

    slug = [project.slug]
    new_run = reverse("run-new", args=slug)
    strangers = [reverse("sign-in"), reverse("invitation", args=[token])]
    members = [
        reverse("projects"),
        reverse("account"),
        reverse("invitation", args=[token]),
        reverse("invitation", args=[used]),
        *(
            reverse(name, args=[other.slug])
            for other in of_a_kind
            for name in ("label", "project", "quality", "settings", "work")
        ),
        reverse("project-new"),
        *(f"{reverse('project-new')}?kind={kind}" for kind in TASK_KINDS),
        *(
            reverse(name, args=slug)
            for name in (
                "project", "label", "data", "quality", "people", "snapshots", "snapshot-preview",
                "runs", "run-new", "guidelines", "work", "reports", "settings",
            )
        ),
        reverse("snapshot-preview", args=slug) + "?min_judgments=1&min_weight=0.5&train=0.8"
        "&validation=0.1&test=0.1",
        reverse("import", args=[project.slug, world["batch"].uid]),
        *(reverse("snapshot", args=[made.uid]) for made in (snapshot, world["waiting"], failed)),
        *(f"{new_run}?trainer={name}" for name in ("reward_model", "dpo", "generate", "evaluate")),
        *(
            reverse(name, args=[found.uid])
            for found in (run, generated, waiting, stopped)
            for name in ("run", "run-progress", "run-samples", "run-log", "run-curves")
        ),
        reverse("run-to-tasks", args=[generated.uid]),
        "/no/such/page/",
        reverse("project", args=["unknown"]),
    ]  # fmt: skip
    sentences = english_sentences(catalogue)
    client.cookies["django_language"] = "ja"
    for address in strangers:
        assert_japanese(client.get(address), sentences)
    client.force_login(engineer)
    assert_japanese(client.get(reverse("people", args=slug)), sentences)
    client.force_login(admin)
    for address in members:
        assert_japanese(client.get(address), sentences)
    refused = client.post(new_run, {"trainer": "dpo", "epochs": "many", "loss": "best"})
    assert refused.status_code == 400
    assert_japanese(refused, sentences)


def assert_japanese(response, sentences: set[str]) -> None:
    address = response.wsgi_request.get_full_path()
    text = response.content.decode()
    if "application/json" in response.headers["Content-Type"]:
        text = json.dumps(response.json(), ensure_ascii=False)
    elif "<html" in text:
        assert '<html lang="ja"' in text, address
    # What is stored has no language.
    text = re.sub(r'\b(data-)?value="[^"]*"|(?s:(?<=<textarea)[^>]*>.*?(?=</textarea>))', "", text)
    text = unescape(re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text))
    assert sorted(found for found in sentences if found in text) == [], address
