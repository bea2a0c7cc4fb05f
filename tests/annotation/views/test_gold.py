"""The pages of gold show evidence and take decisions; only admins come here."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from annotation.consensus import aggregating
from annotation.gold import keeping_gold
from annotation.models import Gold, Task
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks


@pytest.fixture
def tasks(project):
    return make_tasks(project, 3)


def make(task, answer=A_IS_BETTER):
    return keeping_gold.make(task=task, answer=answer, made_by=None, explanation="διότι")


def at(name, project, *more):
    return reverse(name, args=[project.slug, *more])


def test_an_empty_project_says_how_to_begin(client, project, admin):
    client.force_login(admin)
    for show in ("", "?show=consensus", "?show=to_retire", "?show=retired", "?show=nonsense"):
        page = client.get(at("gold", project) + show)
        assert page.status_code == 200
    assert "There is no gold yet." in client.get(at("gold", project)).text
    assert "Every item has an answer" in client.get(at("gold-new", project)).text


def test_only_admins_come_here(client, project, tasks, labeler, engineer, stranger):
    make(tasks[0])
    pages = [
        at("gold", project),
        at("gold-file", project),
        at("gold-new", project),
        at("gold-answer", project, tasks[1].pk),
        at("gold-change", project, tasks[0].pk),
        at("gold-said", project, tasks[0].pk),
        at("api-gold", project),
        at("api-gold-summary", project),
    ]
    for person, status in ((labeler, 403), (engineer, 403), (stranger, 404)):
        client.force_login(person)
        assert [client.get(page).status_code for page in pages] == [status] * len(pages)


def test_gold_is_made_and_changed_on_a_form(client, project, tasks, admin):
    client.force_login(admin)
    page = at("gold-answer", project, tasks[0].pk)
    assert "A: better" in client.get(page).text
    assert "This field is required." in client.post(page, {"explanation": "x"}).text
    posted = {"choice": "a better", "explanation": "x"}
    assert client.post(page, posted).url == at("gold", project)
    gold = Gold.objects.get()
    assert (gold.answer, gold.created_by) == (A_IS_BETTER, admin)
    assert client.get(page).url == at("gold-change", project, tasks[0].pk)
    assert client.post(at("gold-change", project, tasks[0].pk), {"choice": "b slightly"}).url
    gold.refresh_from_db()
    assert (gold.answer, gold.explanation) == (B_IS_BETTER, "")


@pytest.mark.parametrize(
    ("kind", "k", "posted", "answer"),
    [
        ("ranking", 3, {"rank_0": 2, "rank_1": 1, "rank_2": 2}, {"ranks": [2, 1, 2]}),
        ("best_of", 3, {"best": "2"}, {"best": 2}),
        ("thumbs", 1, {"good": "no"}, {"good": False}),
        (
            "rating",
            2,
            {"score_0": 7, "score_1": 1},
            {"scores": [7, 1], "flags": [[], []]},
        ),
        ("demonstration", 0, {}, None),
    ],
)
def test_every_kind_has_a_form_that_says_its_answer_back(
    client, project_factory, person_factory, kind, k, posted, answer
):
    project = project_factory(kind=kind, gold_rate=0)
    client.force_login(person_factory("ada", project, "admin"))
    (task,) = make_tasks(project, 1, k)
    page = at("gold-answer", project, task.pk)
    assert client.get(page).status_code == 200
    assert client.post(page, {**posted, "explanation": "x"}).status_code == 302
    assert Gold.objects.get().answer == answer
    form = client.get(at("gold-change", project, task.pk)).context["form"]
    shown = {name: str(form.initial[name]) for name in posted}
    assert shown == {name: str(value) for name, value in posted.items()}


def test_items_are_found_by_number(client, project, tasks, admin):
    client.force_login(admin)
    make(tasks[0])
    new = at("gold-new", project)
    assert client.get(new, {"item": tasks[1].pk}).url == at("gold-answer", project, tasks[1].pk)
    assert client.get(new, {"item": tasks[0].pk}).url == at("gold-change", project, tasks[0].pk)
    for unknown in ("0", "x", "9" * 30):
        assert "no such item" in client.get(new, {"item": unknown}).text
    listed = [task for task, _excerpt in client.get(new).context["offered"]]
    assert listed == tasks[1:]


def test_an_item_is_affirmed_retired_and_brought_back(client, project, tasks, admin):
    client.force_login(admin)
    make(tasks[0])
    deed = at("gold-decision", project, tasks[0].pk)
    assert "Say why" in client.post(deed, {"deed": "retire"}, follow=True).text
    assert "holds" in client.post(deed, {"deed": "affirm"}, follow=True).text
    client.post(deed, {"deed": "retire", "reason": "Ambiguous"})
    page = client.get(at("gold", project) + "?show=retired").text
    assert "Ambiguous" in page
    assert "in force again" in client.post(deed, {"deed": "bring_back"}, follow=True).text
    assert "διότι" in client.get(at("gold", project)).text


def test_a_consensus_is_confirmed_or_dismissed(client, project, tasks, admin, person_factory):
    project.settings.overlap = 3
    project.settings.save()
    Task.objects.update(overlap=3, free_slots=3)
    for number in range(3):
        person = person_factory(f"p{number}", project, "labeler")
        for _ in range(2):
            answer_next(person, project, A_IS_BETTER, reason="shorter")
    aggregating.refresh_consensus(project=project)
    client.force_login(admin)
    page = client.get(at("gold", project) + "?show=consensus").text
    assert page.count("3 labelers say the same") == 2
    assert "shorter" in page
    client.post(at("gold-proposal", project, tasks[0].pk), {"decision": "confirm"})
    client.post(at("gold-proposal", project, tasks[1].pk), {"decision": "dismiss"})
    assert "answered alike" in client.get(at("gold", project) + "?show=consensus").text
    assert list(Task.objects.filter(is_gold=True)) == [tasks[0]]


def test_texts_and_answers_come_on_demand(client, project, tasks, admin, labeler):
    project.settings.gold_rate = 0.5
    project.settings.save()
    for task in tasks:
        make(task)
    while (judgment := _try(labeler, project)) is None:
        pass
    client.force_login(admin)
    part = client.get(at("gold-said", project, judgment.task_id)).text
    for said in ("contradicts", "aiko", "terse", "Answer 0 to"):
        assert said in part
    other = next(task for task in tasks if task.pk != judgment.task_id)
    assert "Nobody has answered" in client.get(at("gold-said", project, other.pk)).text
    rows = client.get(at("api-gold", project)).json()["results"]
    (row,) = [row for row in rows if row["answers"]]
    assert (row["item"], row["right"], row["judged"]) == (judgment.task_id, 0, 1)


def _try(person, project):
    from annotation import assigning
    from tests.annotation.making import submit

    lease = assigning.next_assignment(project=project, person=person)
    return lease and submit(person, project, lease, B_IS_BETTER, reason="terse")


def test_the_file_holds_every_item(client, project, tasks, admin):
    gold = make(tasks[0])
    make(tasks[1])
    keeping_gold.retire(gold=gold, reason="=1+1", retired_by=admin)
    client.force_login(admin)
    answer = client.get(at("gold-file", project))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(int(row["item"]), row["state"]) for row in rows] == [
        (tasks[0].pk, "retired"),
        (tasks[1].pk, "in_force"),
    ]
    assert rows[0]["retired_reason"] == "'=1+1"
