"""Models that settings name: by id, by folder or by name; of the right kind, and written down."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from training import lineage, queries, voided
from training.models import Checkpoint, Run
from training.queueing import request_resume, request_run
from training.run_inputs import find_models
from training.trainers.catalog import TRAINERS

pytestmark = pytest.mark.django_db


@pytest.fixture
def checkpoint_factory(run_factory):
    def make(name, produces="reward_model", state="done"):
        run = run_factory(name)
        Run.objects.filter(pk=run.pk).update(state=state)
        folder = run.path / "checkpoints" / "step-00000005"
        folder.mkdir(parents=True)
        return Checkpoint.objects.create(
            run=Run.objects.get(pk=run.pk), name=folder.name, step=5, kind="adapter",
            produces=produces, path=str(folder),
        )  # fmt: skip

    return make


@pytest.fixture
def score(project):
    def ask(others, parent=None, **asked):
        return request_run(
            project=project, created_by=None, trainer="score", snapshot=None, parent=parent,
            config={"model": "org/scorer", "others": others, **asked},
        )  # fmt: skip

    return ask


def test_a_run_does_not_go_on_under_one_that_stands_on_it(checkpoint_factory, score) -> None:
    started, read = (checkpoint_factory(name, state="cancelled") for name in ("first", "second"))
    reader = score(str(read.uid), parent=started)
    for base in (started.run, read.run):
        with pytest.raises(ValidationError, match=f"{reader.name} stands on .* of {base.name}, "):
            request_resume(run=base, requested_by=None)
    Run.objects.filter(pk=reader.pk).update(state="cancelled")
    request_resume(run=read.run, requested_by=None)
    with pytest.raises(ValidationError, match="of second, which is still training"):
        request_resume(run=reader, requested_by=None)
    Run.objects.filter(pk=read.run.pk).update(state="done")
    request_resume(run=reader, requested_by=None)
    assert reader.state == "queued"


def test_an_id_a_folder_and_a_name_stand_side_by_side(checkpoint_factory, score) -> None:
    by_id, by_folder = checkpoint_factory("one"), checkpoint_factory("two")
    run = score(f"{by_id.uid}, {by_folder.path},org/third")
    assert run.config["others"] == f"{by_id.path},{by_folder.path},org/third"
    assert [(use.role, use.checkpoint) for use in run.inputs.all()] == [
        ("others", by_id),
        ("others", by_folder),
    ]


def test_a_folder_of_a_run_given_as_the_model_is_what_it_starts_from(
    checkpoint_factory, score
) -> None:
    first = checkpoint_factory("first")
    run = score("", model=first.path)
    assert (run.parent, run.inputs.count()) == (first, 0)
    assert score("", parent=first).config["model"] == first.path


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"produces": "policy"}, "is a policy: choose a reward model"),
        ({"state": "running"}, "still training"),
    ],
)
def test_another_kind_and_what_is_not_ready_is_refused(checkpoint_factory, score, fields, said):
    checkpoint = checkpoint_factory("one", **fields)
    with pytest.raises(ValidationError) as caught:
        score(str(checkpoint.uid))
    (sentence,) = caught.value.message_dict["others"]
    assert said in sentence


def test_a_checkpoint_of_another_project_is_as_unknown_as_any(
    checkpoint_factory, project_factory
) -> None:
    checkpoint = checkpoint_factory("one")
    given = {"others": str(checkpoint.uid)}
    found = find_models(TRAINERS["score"], given, project=project_factory("other"), parent=None)
    assert found.refused == {"others": ["No checkpoint here has this id."]}


def test_what_a_run_read_is_found_from_both_sides(checkpoint_factory, score, snapshot) -> None:
    judge = checkpoint_factory("judge")
    run = score(str(judge.uid))
    assert queries.lineage(run).inputs[0].checkpoint == judge
    assert queries.lineage(judge.run).children == [run]
    learned = lineage.behind(run)
    assert (learned.snapshots, learned.runs) == ([snapshot], [run, judge.run])
    assert voided.runs_behind(run.project, [snapshot]) == [run, judge.run]


def test_settings_that_name_files_are_never_taken_from_a_person(project, snapshot) -> None:
    for trainer, entry in TRAINERS.items():
        for info in entry.config.options():
            sounds_like_one = info.kind is str and not info.model and not info.choices
            if sounds_like_one and any(word in info.name for word in ("file", "folder", "dataset")):
                assert info.is_file, f"say is_file for {info.name} of {trainer}"
