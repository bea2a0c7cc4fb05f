"""The demo's first half against a real server: projects, people, labels, figures, snapshots.

What the workers would do in the background happens whenever the demo pauses to look again.
"""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from annotation.watch import pausing
from bench import demo_labeling
from bench.demo_data import read_data
from bench.demo_display import Display, Figure
from bench.demo_labeling import PAIRS, RANKINGS, StageFailedError, Work, wait_for
from bench.demo_plans import FAST
from bench.visitor import Visitor
from labelers.models import Person, Project

PROMPTS = 24


@pytest.fixture
def _workers(monkeypatch):
    from annotation.importing import run_import
    from annotation.models import ImportBatch
    from exports.models import Snapshot
    from exports.snapshotting import build_snapshot

    def work() -> None:
        for batch in ImportBatch.objects.filter(state="queued"):
            run_import(uid=str(batch.uid))
        for snapshot in Snapshot.objects.filter(state="queued"):
            build_snapshot(snapshot_uid=str(snapshot.uid))

    monkeypatch.setattr(demo_labeling, "pause", work)


@pytest.fixture
def work(transactional_db, live_server, person_factory, tmp_path):
    person_factory("chief", is_staff=True)
    admin = Visitor(live_server.url)
    admin.sign_in("chief", "a long phrase")
    plan = replace(FAST, most_prompts=PROMPTS)
    data = read_data(None, most=PROMPTS)
    return Work(admin, plan, data, Display(io.StringIO()), tmp_path, seed=1)


def figures(work: Work) -> dict[str, Figure]:
    return {each.name: each for each in work.display.stages[-1].figures}


@pytest.mark.usefixtures("_workers")
def test_from_prompts_to_two_snapshots(work):
    demo_labeling.make_projects(work)
    assert figures(work)[PAIRS].value == f"{PROMPTS} tasks, 12 of them gold"
    assert figures(work)[RANKINGS].value == f"{PROMPTS} tasks"

    demo_labeling.invite_people(work)
    assert len(work.labelers) == 8

    demo_labeling.label(work, PAIRS, "Labeling pairs", tasks=PROMPTS)
    demo_labeling.measure(work, PAIRS, "Agreement on pairs")
    found = figures(work)
    assert found["Krippendorff's alpha"].value != "not defined"
    assert found["aoi (honest)"].value.startswith("gold ")
    assert "lefty (always left)" in found

    demo_labeling.label(work, RANKINGS, "Labeling rankings", tasks=PROMPTS)
    # Whoever is paused in the middle of an answer may be late with it.
    assert 0 <= int(figures(work)["answers"].value) - PROMPTS * FAST.overlap <= 2
    share = figures(work)["single answers against planted truth"].value
    assert 60 < float(share.rstrip("%")) < 95

    demo_labeling.take_snapshot(work, PAIRS, "Snapshot of pairs")
    assert figures(work)["records"].value == f"{PROMPTS - 12} preference"
    uid = demo_labeling.take_snapshot(work, RANKINGS, "Snapshot of rankings")
    assert figures(work)["records"].value.endswith(f"{PROMPTS} ranking")
    assert work.admin.get(f"snapshots/{uid}/")["digest"].startswith(figures(work)["digest"].value)
    consensus = figures(work)["consensus against planted truth"].value
    assert 65 < float(consensus.rstrip("%")) <= 100


@pytest.mark.long
@pytest.mark.usefixtures("_workers")
def test_the_table_shows_who_was_paused_after_how_many_answers(work):
    work.plan = replace(work.plan, overlap=3)
    demo_labeling.make_projects(work)
    demo_labeling.invite_people(work)
    project = Project.objects.get(slug=RANKINGS)
    guess = Person.objects.get(username="guess")
    pausing.pause(project=project, person=guess, paused_by=None, reason="Too random.")
    demo_labeling.label(work, RANKINGS, "Labeling rankings", tasks=PROMPTS)
    assert (
        next(each for each in work.labelers if each.profile.name == "guess")
        .tallies[RANKINGS]
        .answers
        == 0
    )
    demo_labeling.measure(work, RANKINGS, "Agreement on rankings")
    assert figures(work)["guess paused"].value == "after 0 answers"


@pytest.mark.long
@pytest.mark.usefixtures("_workers")
def test_a_model_that_reads_english_gets_english(work):
    work.plan = replace(work.plan, languages=("en",))
    demo_labeling.make_projects(work)
    demo_labeling.invite_people(work)
    demo_labeling.label(work, RANKINGS, "Labeling rankings", tasks=PROMPTS)
    demo_labeling.take_snapshot(work, RANKINGS, "Snapshot of rankings")
    english = sum(row["language"] == "en" for row in work.data.rows)
    assert figures(work)["records"].beside == f"of {english} tasks, only en"


def test_waiting_ends_with_what_went_wrong():
    states = iter([{"state": "running"}, {"state": "failed", "error": "The disk is full."}])
    seen: list[dict[str, str]] = []
    with pytest.raises(StageFailedError, match="The disk is full"):
        wait_for(lambda: next(states), seen.append)
    assert len(seen) == 2
    with pytest.raises(StageFailedError, match="cancelled"):
        wait_for(lambda: {"state": "cancelled", "error": ""}, seen.append)
