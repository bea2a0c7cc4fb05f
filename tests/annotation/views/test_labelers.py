"""The pages of labelers: who may see them, how they sort, and the two buttons."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from annotation.models import KeptFigures, Watch
from annotation.watch import watching
from labelers.models import Qualification
from tests.annotation.watch.test_watching import crew  # noqa: F401


@pytest.fixture
def watched(project, crew, admin):  # noqa: F811
    watching.refresh(project=project)
    return crew


def test_the_table_shows_everybody_with_states(client, project, admin, watched, labeler):
    client.force_login(admin)
    shown = client.get(reverse("watches", args=[project.slug])).text
    for person in [*watched, labeler]:
        assert person.username in shown
    assert shown.count(">Paused</span>") == 1


@pytest.mark.parametrize(
    ("order", "first"), [("name", "aiko"), ("-name", "p5"), ("gold", "p5"), ("-evidence", "p5")]
)
def test_columns_sort(client, project, admin, watched, labeler, order, first):
    client.force_login(admin)
    response = client.get(reverse("watches", args=[project.slug]), {"order": order})
    assert response.context["found"].labelers[0].name == first
    name = order.removeprefix("-")
    heading = f'aria-sort="{"descending" if order.startswith("-") else "ascending"}"'
    assert response.text.count(heading) == 1
    assert f'href="?order={name if order.startswith("-") else "-" + name}"' in response.text


def test_an_unknown_order_is_by_name(client, project, admin, watched):
    client.force_login(admin)
    response = client.get(reverse("watches", args=[project.slug]), {"order": "figures"})
    assert response.status_code == 200


def test_csv_has_the_same_rows(client, project, admin, watched):
    client.force_login(admin)
    answer = client.get(reverse("watches-file", args=[project.slug]))
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert {row["name"] for row in rows} == {person.username for person in watched}
    bad = next(row for row in rows if row["name"] == "p5")
    assert bad["stage"] == "suspended"
    assert float(bad["gold_low"]) < float(bad["gold"]) < float(bad["gold_high"])
    pairs = client.get(reverse("labeler-file", args=[project.slug, bad["labeler"]]))
    assert len(list(csv.DictReader(io.StringIO(pairs.getvalue().decode("utf-8-sig"))))) == 5


def test_one_labeler_with_evidence_and_pairs(client, project, admin, watched):
    client.force_login(admin)
    shown = client.get(reverse("labeler", args=[project.slug, f"p:{watched[5].pk}"])).text
    assert "Accuracy fell far below what is usual in this project" in shown
    assert "Let them work again" in shown
    assert "Pause this labeler" not in shown
    for person in watched[:5]:
        assert person.username in shown
    good = client.get(reverse("labeler", args=[project.slug, f"p:{watched[0].pk}"])).text
    assert "Pause this labeler" in good
    assert "Void answers" in good


def test_pausing_and_resuming_by_hand(client, project, admin, watched):
    client.force_login(admin)
    key = f"p:{watched[0].pk}"
    refused = client.post(reverse("labeler-pause", args=[project.slug, key]), follow=True).text
    assert "say why" in refused
    done = client.post(
        reverse("labeler-pause", args=[project.slug, key]), {"reason": "Call us."}, follow=True
    ).text
    assert "is paused and was told" in done
    assert Qualification.objects.get(person=watched[0]).reason == "Call us."
    back = client.post(reverse("labeler-resume", args=[project.slug, key]), follow=True).text
    assert "may work again and was told" in back
    assert "May work again" in back
    assert Watch.objects.get(person=watched[0]).since is not None


def test_imported_labelers_are_in_the_table(client, project, admin, watched):
    kept = KeptFigures.objects.get(project=project, name=watching.FIGURES)
    one = dict(Watch.objects.get(person=watched[0]).figures)
    kept.figures["imported"] = {"i:W/1": {k: one[k] for k in ("answers", "gold", "last_at")}}
    kept.save()
    client.force_login(admin)
    assert ">W/1</a>" in client.get(reverse("watches", args=[project.slug])).text
    page = client.get(reverse("labeler", args=[project.slug, "i:W/1"]))
    assert page.status_code == 200
    assert "Pause this labeler" not in page.text
    paused = client.post(reverse("labeler-pause", args=[project.slug, "i:W/1"]), {"reason": "x"})
    assert paused.status_code == 404


@pytest.mark.parametrize("key", ["i:nobody", "p:999999", "p:x", "p:" + "9" * 30, "p:²", "q"])
def test_strangers_to_the_project_are_unknown(client, project, admin, key):
    client.force_login(admin)
    assert client.get(reverse("labeler", args=[project.slug, key])).status_code == 404


def test_who_may_read_and_who_may_act(client, project, admin, watched, engineer, stranger, labeler):
    key = f"p:{watched[0].pk}"
    pages = [reverse("watches", args=[project.slug]), reverse("labeler", args=[project.slug, key])]
    for person, status in ((engineer, 200), (labeler, 403), (stranger, 404)):
        client.force_login(person)
        assert [client.get(page).status_code for page in pages] == [status] * 2
    client.force_login(engineer)
    assert "Pause this labeler" not in client.get(pages[1]).text
    pause = client.post(reverse("labeler-pause", args=[project.slug, key]), {"reason": "x"})
    assert pause.status_code == 403


def test_before_anything_was_measured(client, project, admin, labeler):
    client.force_login(admin)
    assert labeler.username in client.get(reverse("watches", args=[project.slug])).text
    page = client.get(reverse("labeler", args=[project.slug, f"p:{labeler.pk}"]))
    assert "There are no answers yet." in page.text


def test_looking_now_measures_and_says_who_was_paused(client, project, admin, crew):  # noqa: F811
    client.force_login(admin)
    address = reverse("watches-refresh", args=[project.slug])
    assert "1 labeler was paused" in client.post(address, follow=True).text
    assert "The figures are up to date." in client.post(address, follow=True).text


def test_a_thousand_labelers_come_in_pages(client, project, admin, watched, monkeypatch):
    monkeypatch.setattr("annotation.views.labelers.PAGE_SIZE", 3)
    client.force_login(admin)
    first = client.get(reverse("watches", args=[project.slug]), {"order": "-evidence"})
    assert 'href="?order=-evidence&amp;page=2"' in first.text
    second = client.get(reverse("watches", args=[project.slug]), {"order": "-evidence", "page": 2})
    shown = [{row.name for row in page.context["shown"]} for page in (first, second)]
    assert [len(names) for names in shown] == [3, 3]
    assert not shown[0] & shown[1]


def test_the_name_of_an_imported_labeler_may_be_anything(client, project, admin):
    client.force_login(admin)
    address = reverse("labeler", args=[project.slug, "i:a/b\nc"])
    assert client.get(address).status_code == 404
