"""What comes in, by hand: a file is previewed, looked at, read in another way, and stored."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from annotation import importing
from annotation.models import ImportBatch, Prompt
from tests.browser.driving import scrolls_sideways

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_table_is_previewed_and_stored(browse, project_factory, person_factory, tmp_path, size):
    project, admin = project_factory("tables"), person_factory("ada")
    project.memberships.create(person=admin, role="admin")
    path = tmp_path / "answers.csv"
    path.write_text(
        "frage,answer1,answer2,lang\nWhy is the **sky** blue?,Scattering.,Because of the sea.,en\n"
        "Where? Mail jane@accord-mail.org,Here.,There.,en\nWhen?,Now.,,en\n,a,b,en\n"
    )
    page = browse.page(size, person=admin)
    page.goto(browse.url + reverse("data", args=[project.slug]))
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_label("Format").first.select_option("table")
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.locator("h2", has_text="answers.csv")).to_be_visible()
    batch = ImportBatch.objects.get()
    importing.run_import(uid=str(batch.uid))
    page.reload()
    # Nothing is called prompt here, so the column is named by hand.
    page.get_by_label("prompt", exact=True).select_option("frage")
    page.get_by_label("Rows with personal data").select_option("cover")
    page.get_by_role("button", name="Read it again").click()
    page.wait_for_url("**/imports/**")
    importing.run_import(uid=str(batch.uid))
    page.reload()
    expect(page.locator("#prompt strong", has_text="sky")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#prompt")).to_contain_text("[email]")
    expect(page.get_by_role("cell", name="E-mail addresses")).to_be_visible()
    assert not scrolls_sideways(page)
    page.get_by_label("Leave 1 bad row out").check()
    page.get_by_role("button", name="Import this").click()
    expect(page.locator("h2 .badge")).to_have_text("Writing")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("h2 .badge")).to_have_text("Paused")
    page.get_by_role("button", name="Resume").click()
    importing.run_import(uid=str(batch.uid))
    expect(page.locator("h2 .badge")).to_have_text("Done")
    assert Prompt.objects.count() == 3
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the bad rows").click()
    (refused,) = download.value.path().read_text().splitlines()
    assert json.loads(refused)["line"] == 5
