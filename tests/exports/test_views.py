"""The pages: making a snapshot, watching it, reading it, taking it along."""

import pytest
from django.urls import reverse

from exports import snapshotting, wording
from exports.formats.catalog import FORMATS
from exports.forms import FilterForm
from exports.models import Snapshot
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE

pytestmark = pytest.mark.django_db(transaction=True)

DEFAULTS = {
    name: field.initial for name, field in FilterForm().fields.items() if field.initial is not None
}


@pytest.fixture
def page(client, engineer):
    client.force_login(engineer)
    return client


def test_the_form_makes_a_snapshot(page, project, engineer):
    sent = {
        **DEFAULTS,
        "name": "May",
        "min_judgments": "2",
        "languages": "ja, en",
        "tags": "安全、法律",
        "since": "2026-05-01",
        "drop_negligible": "on",
    }
    response = page.post(reverse("snapshots", args=[project.slug]), sent)
    made = Snapshot.objects.get()
    assert response.url == reverse("snapshot", args=[made.uid])
    assert made.created_by == engineer
    assert made.filters == {
        "min_judgments": 2,
        "min_weight": 0.5,
        "drop_negligible": True,
        "include_imported": True,
        "since": "2026-05-01T00:00:00+00:00",
        "until": None,
        "languages": ["en", "ja"],
        "tags": ["安全", "法律"],
    }
    listed = page.get(reverse("snapshots", args=[project.slug])).content.decode()
    assert "May" in listed
    assert "essays-2" in listed


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"train": "0.9"}, "make 1.1, not 1"),
        ({"until": "2026-01-01", "since": "2026-02-01"}, "give a time after since"),
        ({"name": ""}, "This field is required"),
        ({"name": "taken"}, "choose another name"),
        ({"min_weight": "0.2"}, "greater than or equal to 0.5"),
    ],
)
def test_the_form_says_what_is_wrong(page, project, change, sentence):
    snapshotting.request_snapshot(project=project, created_by=None, name="taken")
    sent = {**DEFAULTS, "name": "May", **change}
    response = page.post(reverse("snapshots", args=[project.slug]), sent)
    assert sentence in response.content.decode()
    assert Snapshot.objects.count() == 1


def test_the_preview_counts_what_the_snapshot_then_holds(page, project, label, freeze):
    label(project, [A_IS_BETTER, B_IS_BETTER, TIE])
    path = reverse("snapshot-preview", args=[project.slug])
    shown = page.get(path, DEFAULTS).content.decode()
    assert "<dd>3</dd>" in shown
    assert "Tied or undecided comparisons" in shown
    assert ">2</td></tr>" in shown
    assert freeze(project).counts["records"] == {"preference": 2}
    assert "Nothing passes" in page.get(path, {**DEFAULTS, "languages": "xx"}).content.decode()
    assert "Correct the filters" in page.get(path, {"train": "9"}).content.decode()


def test_a_waiting_snapshot_is_watched_until_it_is_done(page, project, label):
    label(project, [A_IS_BETTER])
    made = snapshotting.request_snapshot(project=project, created_by=None, name="x")
    path = reverse("snapshot-progress", args=[made.uid])
    assert (
        'hx-trigger="every 1s"' in page.get(reverse("snapshot", args=[made.uid])).content.decode()
    )
    assert "HX-Refresh" not in page.get(path)
    snapshotting.build_snapshot(snapshot_uid=made.uid)
    assert page.get(path)["HX-Refresh"] == "true"


def test_a_done_snapshot_shows_what_it_holds(page, project, label, freeze):
    label(project, [A_IS_BETTER, B_IS_BETTER])
    made = freeze(project)
    shown = page.get(reverse("snapshot", args=[made.uid])).content.decode()
    assert made.digest in shown
    assert "Slightly better" in shown
    assert f"{reverse('run-new', args=[project.slug])}?snapshot={made.uid}" in shown
    assert "HH-RLHF" in shown
    assert "Rankings</h3>" not in shown


KINDS = {
    "rating": (3, {"scores": [7, 1, 4], "flags": [[], [], []]}, "Ratings", "2"),
    "thumbs": (1, {"good": True}, "Good or bad responses", "2"),
    "demonstration": (0, {"text": "So."}, "Demonstrations", "2"),
    "prompt_writing": (0, {"text": "Why?"}, "Prompts", "2"),
    "best_of": (3, {"best": 0}, "Rankings", "2"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_configuration_is_shown(client, person_factory, project_factory, label, freeze, kind):
    k, answer, words, number = KINDS[kind]
    project = project_factory("one-kind", kind=kind, gold_rate=0)
    client.force_login(person_factory("eve", project, "engineer"))
    label(project, [answer, answer], k=k)
    counted = client.get(reverse("snapshot-preview", args=[project.slug]), DEFAULTS)
    made = freeze(project)
    shown = client.get(reverse("snapshot", args=[made.uid])).content.decode()
    for text in (counted.content.decode(), shown):
        assert f'<th scope="row">{words}</th>' in text
        assert f">{number}</td></tr>" in text
    (format,) = {
        each.title for each in FORMATS.values() if wording.CONFIGS.get(each.config) == words
    }
    assert f"<h3>{format}</h3>" in shown
    listed = client.get(reverse("snapshots", args=[project.slug])).content.decode()
    assert f"<div>{words}: {number}</div>" in listed


def test_a_failed_snapshot_says_why(page, project, freeze):
    made = freeze(project)
    shown = page.get(reverse("snapshot", args=[made.uid])).content.decode()
    assert "import prompts with responses first" in shown


def test_a_download_is_streamed_with_its_name(page, project, imported_pairs, freeze):
    imported_pairs(project, 3)
    made = freeze(project)
    response = page.get(
        reverse("snapshot-download", args=[made.uid]), {"format": "hh_rlhf", "split": "all"}
    )
    assert response["Content-Disposition"] == ('attachment; filename="essays-first-hh_rlhf.jsonl"')
    assert len(b"".join(response.streaming_content).splitlines()) == 3


def test_a_download_that_cannot_be_had_leads_back_with_a_sentence(
    page, project, imported_pairs, freeze
):
    imported_pairs(project, 1)
    path = reverse("snapshot-download", args=[freeze(project).uid])
    response = page.get(path, {"format": "nonsense"}, follow=True)
    assert "choose one of hh_rlhf" in response.content.decode()


def test_the_manifest_is_the_file(page, project, imported_pairs, freeze):
    imported_pairs(project, 1)
    made = freeze(project)
    response = page.get(reverse("snapshot-manifest", args=[made.uid]))
    assert response.content == (made.path / "manifest.json").read_bytes()
    failed = snapshotting.request_snapshot(project=project, created_by=None, name="waiting")
    response = page.get(reverse("snapshot-manifest", args=[failed.uid]), follow=True)
    assert "not ready: wait" in response.content.decode()


def test_names_from_people_are_shown_as_text(page, project):
    snapshotting.request_snapshot(
        project=project, created_by=None, name="<script>alert(1)</script>"
    )
    shown = page.get(reverse("snapshots", args=[project.slug])).content.decode()
    assert "<script>alert" not in shown
