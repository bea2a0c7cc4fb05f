"""`manage.py sample_tasks`: its two ways of naming the other side, and its refusals."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotation import tasking
from annotation.candidates import Candidate
from training.models import Run

pytestmark = pytest.mark.django_db
PROMPT = [{"role": "user", "content": "Why?"}]


@pytest.fixture
def generated(run_factory):
    def make(text: str, temperature: float) -> Run:
        run = run_factory(trainer="generate", temperature=temperature)
        Run.objects.filter(pk=run.pk).update(state="done")
        (run.path / "outputs").mkdir()
        line = {"prompt": PROMPT, "response": [{"role": "assistant", "content": text}]}
        (run.path / "outputs" / "responses.jsonl").write_text(json.dumps(line) + "\n")
        return run

    return make


def test_another_run_or_a_source_may_be_named(project, generated) -> None:
    people = [([{"role": "assistant", "content": "People."}], "people")]
    tasking.add_candidates(
        project=project, added_by=None, candidates=[Candidate(prompt=PROMPT, responses=people)]
    )
    run, other = generated("Cold.", 0.1), generated("Hot.", 1.0)
    for against in (str(other.uid), "people"):
        out = StringIO()
        call_command("sample_tasks", f"--run={run.uid}", f"--against={against}", stdout=out)
        assert "tasks 1" in out.getvalue()
    assert project.tasks.count() == 2


def test_refusals_are_one_sentence(project, generated) -> None:
    run = generated("Text.", 0.1)
    for arguments, message in [
        (["--run=none", "--against=x"], "no run 'none'"),
        ([f"--run={run.uid}", "--against=x", "--project=absent"], "no project 'absent'"),
        ([f"--run={run.uid}", "--against=nobody"], "no responses of a source"),
    ]:
        with pytest.raises(CommandError, match=message):
            call_command("sample_tasks", *arguments)
