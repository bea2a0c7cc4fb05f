"""The loop closes: generated responses become tasks, the new model against an older one, blind.

A `generate` run's responses are paired by prompt with those of another run or of a named source
of the project; annotation stores them and hides who wrote what.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from annotation import tasking
from annotation.candidates import Candidate
from annotation.models import ProjectSettings, Response, ResponseSource
from annotation.models.prompts import Message, content_hash
from labelers import audit
from labelers.models import Person, Project
from training.models import Run

SAMPLING_SETTINGS = ("temperature", "top_p", "max_new_tokens")
LONGEST_NAME = 120

Answers = dict[str, list[list[Message]]]


@transaction.atomic
def make_tasks(
    *,
    project: Project,
    run: Run,
    against: Run | str,
    requested_by: Person | None,
    priority: float = 0,
) -> dict[str, int]:
    """Make tasks of `project` that compare `run`'s responses with those of `against`.

    `against` is another generate run, or the name of a source whose responses lie in `project`.
    With several responses per prompt the first meets the first, the second the second.

    Returns counts: ``prompts_shared``, ``same`` (pairs that read the same, left out),
    ``unmatched`` (prompts that only one side answered), ``tasks`` and ``responses`` made anew.

    Raises:
        ValidationError: a run without responses, no prompt in common, or one model twice.
    """
    if not ProjectSettings.objects.filter(project=project).exists():
        raise ValidationError(
            _("{project} has no labeling settings yet: make them first.").format(
                project=project.name
            )
        )
    prompts, new = _answers_of_run(run)
    new_source = _source_of(run, project)
    if isinstance(against, Run):
        old_prompts, old = _answers_of_run(against)
        prompts |= old_prompts
        old_source = _source_of(against, project)
    else:
        old, old_source = _answers_of_source(project, against), against
    if old_source == new_source:
        raise ValidationError(
            _("Both sides are {source}: compare two models, or two ways of sampling one.").format(
                source=new_source
            )
        )
    shared = [key for key in new if key in old]
    if not shared:
        raise ValidationError(
            _(
                "{run} and {against} answered no prompt in common: generate on the same split."
            ).format(run=run.name, against=against)
        )
    pairs = [
        (prompts[key], ours, theirs)
        for key in shared
        for ours, theirs in zip(new[key], old[key], strict=False)
    ]
    different = [pair for pair in pairs if pair[1] != pair[2]]
    made = tasking.add_candidates(
        project=project,
        added_by=requested_by,
        candidates=(
            Candidate(
                prompt=prompt,
                responses=[(ours, new_source), (theirs, old_source)],
                priority=priority,
            )
            for prompt, ours, theirs in different
        ),
    )
    counts = {
        "prompts_shared": len(shared),
        "same": len(pairs) - len(different),
        "unmatched": len(set(new) ^ set(old)),
        "tasks": made.get("tasks", 0),
        "responses": made.get("responses", 0),
    }
    audit.record(
        actor=requested_by,
        action="run.sampled_into_tasks",
        project=project,
        subject=f"run:{run.uid}",
        against=str(against.uid) if isinstance(against, Run) else against,
        **counts,
    )
    return counts


def responses_of(run: Run) -> Iterator[dict[str, Any]]:
    """The lines of a generate run's `outputs/responses.jsonl`, as they were written.

    Raises:
        ValidationError: the run makes no responses or has not ended.
    """
    if run.trainer != "generate":
        raise ValidationError(
            _("{run} makes no responses: choose a run of the kind Generate.").format(run=run.name)
        )
    if run.state != Run.State.DONE:
        raise ValidationError(
            _("{run} is not done yet: wait for its end or resume it.").format(run=run.name)
        )
    path = run.path / "outputs" / "responses.jsonl"
    try:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except FileNotFoundError:
        raise ValidationError(
            _("The responses of {run} are no longer on disk: generate them again.").format(
                run=run.name
            )
        ) from None


def _answers_of_run(run: Run) -> tuple[dict[str, list[Message]], Answers]:
    prompts: dict[str, list[Message]] = {}
    answers: Answers = defaultdict(list)
    for line in responses_of(run):
        key = content_hash(line["prompt"])
        prompts[key] = line["prompt"]
        answers[key].append(line["response"])
    return prompts, dict(answers)


def _answers_of_source(project: Project, name: str) -> Answers:
    answers: Answers = defaultdict(list)
    found = Response.objects.filter(source__project=project, source__name=name).order_by("id")
    for key, messages in found.values_list("prompt__content_hash", "messages"):
        answers[key].append(messages)
    if not answers:
        raise ValidationError(
            _("{project} has no responses of a source called {source}.").format(
                project=project.name, source=repr(name)
            )
        )
    return dict(answers)


def _source_of(run: Run, project: Project) -> str:
    """The name of the run's model as a source of `project`, made when it is new.

    The same checkpoint with the same sampling is one source, whichever run sampled it; with other
    settings it gets a name that says so.
    """
    sampling = {key: run.config[key] for key in SAMPLING_SETTINGS if key in run.config}
    checkpoint = run.parent
    if checkpoint is None:
        detail = {"checkpoint": None, "model": run.config["model"], "sampling": sampling}
        base = str(run.config["model"]).rstrip("/").rsplit("/", 1)[-1]
    else:
        detail = {"checkpoint": str(checkpoint.uid), "sampling": sampling}
        base = f"{checkpoint.run.name[:80]} @ {checkpoint.name}"
    settings = ", ".join(f"{key} {value:g}" for key, value in sampling.items())
    for name in (base, f"{base}, {settings}", f"{base[:70]}, run {run.uid}"):
        source = tasking.register_source(
            project=project,
            name=name[:LONGEST_NAME],
            kind=ResponseSource.Kind.GENERATED,
            detail=detail,
        )
        if source.detail == detail:
            break
    return source.name
