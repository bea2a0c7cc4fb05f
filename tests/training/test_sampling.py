"""Responses of runs become blind tasks: pairing, sources, and what is left out and counted."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import ValidationError

from annotation import tasking
from annotation.candidates import Candidate
from annotation.models import ResponseSource, Task
from labelers.models import AuditEvent
from training.models import Checkpoint, Run
from training.sampling import make_tasks

pytestmark = pytest.mark.django_db


def says(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def asks(number: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"Question {number}?"}]


@pytest.fixture
def generated(run_factory):
    """A finished generate run: `generated("name", {1: ["text", ...]}, parent=checkpoint)`."""

    def make(name, answers, parent=None, **config) -> Run:
        run = run_factory(name, trainer="generate", parent=parent, **config)
        run.state = "done"
        run.save()
        lines = [
            {"prompt": asks(number), "prompt_id": str(number), "response": says(text),
             "finished": True, "tokens": 3, "sampling": {}, "seed": 1}
            for number, texts in answers.items()
            for text in texts
        ]  # fmt: skip
        outputs = run.path / "outputs"
        outputs.mkdir(exist_ok=True)
        outputs.joinpath("responses.jsonl").write_text(
            "".join(json.dumps(line) + "\n" for line in lines)
        )
        return run

    return make


@pytest.fixture
def checkpoint(run_factory) -> Checkpoint:
    run = run_factory("dpo one")
    path = run.path / "checkpoints" / "step-00000009"
    path.mkdir(parents=True)
    Run.objects.filter(pk=run.pk).update(state="done")
    return Checkpoint.objects.create(
        run=Run.objects.get(pk=run.pk), name=path.name, step=9, kind="full", produces="policy",
        path=str(path),
    )  # fmt: skip


def sources_of(task: Task) -> set[str]:
    return set(task.responses.values_list("source__name", flat=True))


def test_a_new_model_meets_an_old_one(project, generated, checkpoint, engineer) -> None:
    old = generated("base", {1: ["Old 1."], 2: ["Same."], 3: ["Old 3."]})
    new = generated("new", {1: ["New 1."], 2: ["Same."], 4: ["New 4."]}, parent=checkpoint)
    counts = make_tasks(project=project, run=new, against=old, requested_by=engineer)
    assert counts == {
        "prompts_shared": 2,
        "same": 1,
        "unmatched": 2,
        "tasks": 1,
        "responses": 2,
    }
    task = project.tasks.get()
    assert sources_of(task) == {"dpo one @ step-00000009", "SmolLM2-135M-Instruct"}
    source = ResponseSource.objects.get(name="dpo one @ step-00000009")
    assert source.kind == "generated"
    assert source.detail["checkpoint"] == str(checkpoint.uid)
    assert source.detail["sampling"]["temperature"] == 0.7
    event = AuditEvent.objects.get(action="run.sampled_into_tasks")
    assert (event.actor, event.detail["tasks"]) == (engineer, 1)
    again = make_tasks(project=project, run=new, against=old, requested_by=engineer)
    assert (again["tasks"], again["responses"], again["same"]) == (0, 0, 1)


def test_the_canonical_order_does_not_tell_the_model(project, generated, checkpoint) -> None:
    numbers = range(40)
    old = generated("base", {n: [f"Old words {n}."] for n in numbers})
    new = generated("new", {n: [f"New words {n}."] for n in numbers}, parent=checkpoint)
    make_tasks(project=project, run=new, against=old, requested_by=None)
    first = [
        task.placed.get(position=0).response.source.name
        for task in project.tasks.prefetch_related("placed")
    ]
    assert 8 <= first.count("SmolLM2-135M-Instruct") <= 32


def test_a_run_meets_responses_that_are_already_in_the_project(project, generated) -> None:
    candidates = [
        Candidate(prompt=asks(n), responses=[(says(f"Human {n}."), "people")]) for n in (1, 2)
    ]
    tasking.add_candidates(project=project, added_by=None, candidates=candidates)
    run = generated("base", {1: ["Model 1.", "Model 1 again."], 2: ["Model 2."]})
    counts = make_tasks(project=project, run=run, against="people", requested_by=None)
    assert (counts["tasks"], counts["prompts_shared"], counts["unmatched"]) == (2, 2, 0)
    assert all(
        sources_of(task) == {"people", "SmolLM2-135M-Instruct"} for task in project.tasks.all()
    )


def test_several_responses_meet_in_order(project, generated, checkpoint) -> None:
    old = generated("base", {1: ["O1.", "O2.", "O3."]})
    new = generated("new", {1: ["N1.", "N2."]}, parent=checkpoint)
    assert make_tasks(project=project, run=new, against=old, requested_by=None)["tasks"] == 2
    pairs = {
        frozenset(response.messages[0]["content"] for response in task.responses.all())
        for task in project.tasks.all()
    }
    assert pairs == {frozenset({"N1.", "O1."}), frozenset({"N2.", "O2."})}


def test_other_sampling_of_one_checkpoint_is_another_source(project, generated, checkpoint) -> None:
    cold = generated("cold", {1: ["Cold."]}, parent=checkpoint, temperature=0.1)
    hot = generated("hot", {1: ["Hot."]}, parent=checkpoint, temperature=1.5)
    make_tasks(project=project, run=cold, against=hot, requested_by=None)
    names = sources_of(project.tasks.get())
    assert len(names) == 2
    assert any("temperature 1.5" in name for name in names)


def test_what_cannot_be_compared_is_refused_and_leaves_nothing(
    project, generated, checkpoint, run_factory
) -> None:
    run = generated("one", {1: ["One."]}, parent=checkpoint)
    twin = generated("two", {1: ["Two."]}, parent=checkpoint)
    elsewhere = generated("base", {9: ["Nine."]})
    unfinished = run_factory("later", trainer="generate")
    for against, message in [
        (twin, "Both sides"),
        (elsewhere, "no prompt in common"),
        (unfinished, "not done yet"),
        (checkpoint.run, "makes no responses"),
        ("nobody", "no responses of a source"),
    ]:
        with pytest.raises(ValidationError, match=message):
            make_tasks(project=project, run=run, against=against, requested_by=None)
    (run.path / "outputs" / "responses.jsonl").unlink()
    with pytest.raises(ValidationError, match="no longer on disk"):
        make_tasks(project=project, run=run, against=elsewhere, requested_by=None)
    assert not project.tasks.exists()
    assert not ResponseSource.objects.exists()
