"""Which languages somebody reads: chosen among those of their projects, kept for all of them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from annotation import languages
from annotation.models import Prompt
from annotation.routing import languages_read
from labelers.models import Person
from tests.annotation.making import make_tasks


def speak(project, *codes):
    make_tasks(project, len(codes))
    for prompt, code in zip(Prompt.objects.filter(project=project), codes, strict=True):
        Prompt.objects.filter(pk=prompt.pk).update(language=code)


def test_there_is_a_choice_where_there_is_more_than_one(project, labeler):
    speak(project, "en", "en-GB", "")
    assert languages.choices_of(labeler) == []
    Prompt.objects.filter(language="en-GB").update(language="ja")
    assert languages.choices_of(labeler) == [("en", "English", True), ("ja", "日本語", True)]


def test_the_languages_of_several_projects_are_each_told_once(project, project_factory):
    other, third = project_factory("other"), project_factory("third")
    speak(project, "ja", "en", "en", "")
    speak(other, "en", "de")
    speak(third, "fr")
    assert languages.said_in([project.pk, other.pk]) == ["de", "en", "ja"]
    assert languages.said_in([]) == []


def test_all_of_them_stand_for_whatever_comes(project, labeler):
    speak(project, "en", "ja")
    languages.choose(person=labeler, chosen=["ja"])
    assert languages_read(labeler) == ("ja",)
    languages.choose(person=labeler, chosen=["en", "ja"])
    assert languages_read(labeler) is None
    with pytest.raises(ValidationError):
        languages.choose(person=labeler, chosen=[])


def test_the_page_of_ones_work_asks_and_keeps(client, project, labeler):
    speak(project, "en", "ja")
    client.force_login(labeler)
    page, choosing = (reverse(name, args=[project.slug]) for name in ("work", "work-languages"))
    assert 'id="language-ja" checked' in client.get(page).content.decode()
    assert client.post(choosing, {"language": ["en"]}).status_code == 302
    assert languages_read(Person.objects.get(pk=labeler.pk)) == ("en",)
    assert 'id="language-ja">' in client.get(page).content.decode()
    client.post(choosing, {"language": ["<b>"]})
    client.post(choosing, {})
    assert languages_read(Person.objects.get(pk=labeler.pk)) == ("en",)


def test_the_api_knows_them(client, labeler):
    client.force_login(labeler)
    address = reverse("api-preferences")
    sent = client.patch(address, {"languages": ["ja"]}, "application/json")
    assert sent.json()["languages"] == ["ja"]
    assert client.patch(address, {"languages": "ja"}, "application/json").status_code == 400
