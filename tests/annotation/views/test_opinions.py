"""The pages of opinions and biases: who sees them, and that they show what may be shown."""

from __future__ import annotations

import csv
import io

import pytest

from annotation.models import Judgment, ScreeningPolicy
from labelers import grouping, surveying
from tests.annotation.figures.test_biases import planted
from tests.annotation.making import make_tasks
from tests.annotation.voices.test_opinions import answer, survey

OPINIONS = "/projects/essays/opinions/"
BIASES = "/projects/essays/biases/"


@pytest.mark.parametrize("url", [OPINIONS, BIASES, "/projects/essays/opinions.csv"])
@pytest.mark.parametrize(
    ("role", "status"), [("admin", 200), ("engineer", 200), ("labeler", 403), ("stranger", 404)]
)
def test_who_sees_them(request, client, project, url, role, status):
    client.force_login(request.getfixturevalue(role))
    assert client.get(url).status_code == status


def test_empty_pages_say_so(client, admin):
    client.force_login(admin)
    assert "Nobody has said yet who they are." in client.get(OPINIONS).content.decode()
    assert "nothing to measure a bias by" in client.get(BIASES).content.decode()


@pytest.fixture
def crowd(project, person_factory):
    tasks = make_tasks(project, 6, tags=["talk"])
    for value, count in {"woman": 6, "man": 7, "other": 3}.items():
        for number in range(count):
            person = person_factory(f"{value}-{number}", project, "labeler")
            grouping.choose_groups(project=project, person=person, groups={"gender": value})
            for place, task in enumerate(tasks):
                answer(task, person, "ab"[(place + number) % 2])


def test_small_groups_are_held_back_on_the_page_and_in_the_file(client, admin, project, crowd):
    survey(project, woman=9, man=12, other=1)
    client.force_login(admin)
    html = client.get(OPINIONS).content.decode()
    assert html.count("held back</td>") == 6
    for judgment in Judgment.objects.select_related("person"):
        assert judgment.person.username not in html
    text = b"".join(client.get("/projects/essays/opinions.csv").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    people = {
        (row["figure"], row["group"]): row["people"] for row in rows if row["dimension"] == "gender"
    }
    assert people["survey", "man"] == "12"
    assert people["survey", "woman"] == people["survey", "other"] == ""
    assert people["took_part", "man"] == "7"
    assert people["took_part", "woman"] == people["took_part", "other"] == ""
    assert {row["group"] for row in rows if row["figure"] == "agreement"} == {"man"}


def test_the_target_is_entered_in_percent(client, admin, engineer, project):
    survey(project, woman=6, man=6)
    client.force_login(admin)
    wrong = client.post(OPINIONS, {"gender:woman": "50", "gender:man": "49"})
    assert "The shares add up to 99.0%; make them 100%." in wrong.content.decode()
    assert not ScreeningPolicy.objects.exists()
    given = {"gender:woman": "50.5", "gender:man": "49.5"}
    said = client.post(OPINIONS, given, follow=True).content.decode()
    assert "The target population is saved." in said
    assert "50.5%" in said
    kept = ScreeningPolicy.objects.get().population
    assert kept == {"gender": {"woman": 0.505, "man": 0.495}}
    client.force_login(engineer)
    assert client.post(OPINIONS, given).status_code == 403
    assert "Target population" not in client.get(OPINIONS).content.decode()


def test_biases_warn_in_words_and_lead_to_items(client, admin, project):
    planted(project, 0.9)
    client.force_login(admin)
    html = client.get(BIASES).content.decode()
    assert "A reward model would learn length" in html
    assert "/projects/essays/items/?language=ja" in html
    text = b"".join(client.get("/projects/essays/quality/biases.csv").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {row["figure"] for row in rows} >= {
        "first_is_preferred",
        "longer_is_preferred",
        "log_odds_per_doubling",
        "longer_by_ratio",
        "longer_by_language",
        "longer_by_source",
    }


def test_survey_answers_stay_anonymous(project, labeler):
    surveying.keep_answers(project=project, answers={"gender": "woman"})
    assert not project.audit_events.exists()
