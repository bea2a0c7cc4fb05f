"""The page about the API: whole, in the reader's language, and with this site's own address."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils.html import escape

from config.views import documented_groups

pytestmark = pytest.mark.django_db


def test_every_endpoint_is_on_the_page_with_an_example_of_this_site(client) -> None:
    page = client.get(reverse("api-docs"), headers={"host": "localhost:8080"}).content.decode()
    operations = [o for group in documented_groups() for o in group.operations]
    assert len(operations) > 40
    for operation in operations:
        assert page.count(f'id="{operation.anchor}"') == 1
        assert f'href="#{operation.anchor}"' in page
        assert f"'http://localhost:8080{escape(operation.example.path)}'" in page
    assert "Authorization: Bearer" in page


def test_what_is_described_is_english_in_every_language(client) -> None:
    documented_groups.cache_clear()
    client.cookies["django_language"] = "ja"
    page = client.get(reverse("api-docs")).content.decode()
    assert '<html lang="ja"' in page
    assert '<code>queued</code> <span lang="en">Waiting</span>' in page


def test_the_description_for_programs_comes_in_both_formats(client) -> None:
    page = client.get(reverse("api-docs")).content.decode()
    for name, media_type in (("yaml", "vnd.oai.openapi"), ("json", "vnd.oai.openapi+json")):
        address = f"{reverse('schema')}?format={name}"
        assert f'href="{address}"' in page
        answer = client.get(address)
        assert answer.status_code == 200
        assert media_type in answer.headers["Content-Type"]


def test_the_page_is_only_read(client) -> None:
    assert client.post(reverse("api-docs")).status_code == 405
