"""A house with something in every room: what the walk through all pages opens.

Everything that people wrote here is in Greek letters, which no interface language uses.
"""

from __future__ import annotations

from types import SimpleNamespace

from django.utils import timezone

from annotation import assigning, configuring, reporting, tasking
from annotation.candidates import Candidate
from annotation.consensus import aggregating
from annotation.models import ImportBatch
from annotation.task_kinds.catalog import TASK_KINDS
from exports import snapshotting
from labelers import inviting, tokens
from labelers.models import Project
from tests.annotation.making import answer_next
from tests.browser.furnishing_consensus import furnish_consensus
from tests.browser.furnishing_exports import furnish_exports
from tests.browser.furnishing_first_steps import furnish_first_steps
from tests.browser.furnishing_gold import furnish_gold
from tests.browser.furnishing_hiring import furnish_hiring
from tests.browser.furnishing_imports import furnish_imports
from tests.browser.furnishing_items import furnish_items
from tests.browser.furnishing_running import furnish_running
from tests.browser.furnishing_second_looks import furnish_second_looks
from tests.browser.furnishing_watching import furnish_watching
from tests.browser.furnishing_webhooks import furnish_webhooks
from training import queueing
from training.durable_files import write_json
from training.models import Checkpoint, Run
from training.run_dir import RunDir
from training.trainers.evaluation.alarms import alarms


def furnished(person_factory, project_factory, kinds=tuple(TASK_KINDS)) -> SimpleNamespace:
    """A project of every kind, and in the first of them everything that a page can show.

    ``kinds`` leaves out projects of others, for those who need none; pairs and texts are needed.
    """
    admin, labeler, other = (person_factory(name) for name in ("άδα", "αΐκο", "πέτρος"))
    slugs = [*kinds, "empty"]
    for slug in slugs:
        kind = slug if slug in TASK_KINDS else "pairwise"
        project = project_factory(slug, kind=kind, gold_rate=0, overlap=2)
        Project.objects.filter(pk=project.pk).update(name=f"Έργο {slugs.index(slug)}")
        for person, roles in {
            admin: ["admin", "engineer"],
            labeler: ["labeler"],
            other: ["labeler"],
        }.items():
            for role in roles:
                project.memberships.create(person=person, role=role)
        if slug in TASK_KINDS:
            fill(project)
    found = SimpleNamespace(slugs=slugs, admin=admin, labeler=labeler)
    furnish(found, Project.objects.get(slug="pairwise"), other)
    pairs, texts = (Project.objects.get(slug=slug) for slug in ("pairwise", "demonstration"))
    furnish_hiring(found, person_factory, pairs, texts)
    furnish_gold(found, pairs, person_factory)
    furnish_first_steps(found, project_factory)
    furnish_second_looks(found, pairs, person_factory)
    furnish_watching(found, person_factory)
    furnish_consensus(person_factory, project_factory, admin)
    furnish_items(found, project_factory)
    furnish_webhooks(found, pairs)
    furnish_running(found, person_factory)
    furnish_exports(found, person_factory, pairs)
    return found


def fill(project) -> None:
    """Items of two languages, one of them with everything that Markdown has."""
    texts = [
        "Γιατί;",
        "## Τίτλος\n\n- **α**\n\n|α|β|\n|-|-|\n|γ|δ|\n\n`x = 1`\n\n```python\nif x:\n```",
    ]
    least = TASK_KINDS[project.settings.kind].min_responses
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[
            Candidate(
                prompt=[{"role": "user", "content": f"{text} {number}"}],
                responses=[
                    ([{"role": "assistant", "content": f"{text} {number} {place}"}], f"μ{place}")
                    for place in range(least)
                ],
                language="el",
            )
            for number, text in enumerate(texts * 3)
        ],
    )


def furnish(house, project, other) -> None:
    """One of everything besides items."""
    admin, labeler = house.admin, house.labeler
    for person, answers in ((labeler, "aab"), (other, "ab")):
        for choice in answers:
            answer_next(person, project, {"choice": choice, "strength": "better"}, reason="διότι")
    aggregating.refresh_consensus(project=project)
    for text in ("# Οδηγίες\n\nα", "# Οδηγίες\n\nβ"):
        configuring.publish_guidelines(project=project, text=text, created_by=admin, note="γ")
    house.invitation, house.token = inviting.invite(
        project=project, role="labeler", created_by=admin, note="δ"
    )
    house.api_token = tokens.create_token(person=admin, name="ε", scopes=["label"])[0]
    house.report = reporting.report(
        person=labeler, project=project, assignment_id=held_by(labeler, project), reason="other"
    )
    house.batch = ImportBatch.objects.create(
        project=project,
        file_name="α.jsonl",
        format="accord",
        state="failed",
        error="1 of 2 rows are bad, so nothing was kept: mend them, or import again and skip "
        "bad rows.",
        size=2,
        rows_total=2,
        rows_bad=1,
        problems=[
            {"line": 2, "field": "prompt", "problem": "contains a NUL character; remove it."}
        ],
    )
    house.batches = [house.batch, *furnish_imports(project, admin)]
    made = [
        snapshotting.request_snapshot(project=project, created_by=admin, name=name) for name in "ζη"
    ]
    built = snapshotting.build_snapshot(snapshot_uid=made[0].uid)
    house.snapshots = [built, made[1]]
    house.runs = [finished_run(project, admin, built), queued_run(project, admin, built)]


def held_by(person, project) -> int:
    return assigning.next_assignment(project=project, person=person).pk


def queued_run(project, admin, snapshot) -> Run:
    return queueing.request_run(
        project=project,
        created_by=admin,
        trainer="reward_model",
        name="θ",
        config={},
        snapshot=snapshot,
    )


def finished_run(project, admin, snapshot) -> Run:
    run = queued_run(project, admin, snapshot)
    folder = RunDir(run.path)
    for step in (1, 2, 3):
        metrics = {"loss": 1 / step, "accuracy": 0.5, "seconds_learn": 2.0, "grad_norm": 1.0}
        judged = {"held_out_reward": step, "held_out_sqrt_kl": step / 2, "held_out_length": 9}
        folder.append_progress({"step": step, "total_steps": 3, "metrics": metrics | judged})
    for step, text in ((0, "λ μ ν"), (1, "λ κ ν")):
        record = {"step": step, "prompt": "ι", "response": text, "reward": step / 2}
        folder.append_samples(record)
    history = [{"step": step, "held_out_kl": 9.0 * step} for step in (0, 3)]
    ringing = [alarm.as_dict() for alarm in alarms(history, kl_budget=20)]
    write_json(folder.path / "alarms.json", {"step": 3, "alarms": ringing, "stopped": True})
    figures = {"accuracy": 0.6, "accuracy_low": 0.5, "accuracy_high": 0.7, "accuracy_longer": 0.5}
    bins = [
        {"low": low, "high": low + 0.25, "predicted": low + 0.1, "observed": low, "pairs": 9}
        for low in (0.5, 0.75)
    ]
    report = {
        "overall": figures,
        "by_strength": {"better": {**figures, "pairs": 9}, "slightly": {**figures, "pairs": 8}},
        "calibration": {"bins": bins},
        "length": {"bins": [{**each, "mean": 0.1} for each in bins]},
        "policy": {"kl_k1": {"value": 0.5, "low": 0.4, "high": 0.6}},
    }
    folder.outputs_path.mkdir(exist_ok=True)
    write_json(folder.outputs_path / "report.json", report)
    data = {
        "splits": {"train": {"rows": 9, "examples": 8, "lengths": {"to 64": 8}}},
        "example": {"text": "ι κ", "tokens": 2},
    }
    write_json(folder.path / "data_report.json", data)
    Checkpoint.objects.create(
        run=run, name="βήμα-3", step=3, kind="adapter", produces="reward_model", path="/x",
        is_best=True, metrics={"held_out_reward": 3.0, "held_out_kl": 27.0},
    )  # fmt: skip
    Run.objects.filter(pk=run.pk).update(
        state="done",
        started_at=timezone.now(),
        finished_at=timezone.now(),
        step=3,
        total_steps=3,
        metrics={"loss": 0.3},
        config=run.config | {"kl_budget": 20.0},
    )
    return run
