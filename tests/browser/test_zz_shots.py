from __future__ import annotations

import os

import pytest
from django.urls import reverse

from annotation import assigning, configuring, guiding, reporting
from annotation.models import Assignment
from labelers import qualifying
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, answer_next, make_tasks
from tests.annotation.test_own_work import answer_gold, make_gold, move
from tests.browser.driving import scrolls_sideways
from tests.browser.test_pages import NAMELESS, reached_by_tab

pytestmark = pytest.mark.browser

G1 = "# Compare\n\nChoose the response that helps **more**.\n\n1. Is it right?\n2. Is it complete?\n\nLength alone is no merit."
G2 = "# Compare\n\nChoose the response that helps the person who asked **more**.\n\n1. Is it right?\n2. Is it complete enough to act on?\n3. Is it polite?\n\nLength alone is no merit."


@pytest.fixture
def world(project, admin, labeler, person_factory, project_factory):
    project.description = "Short everyday questions in English and Japanese, two answers at a time."
    project.save()
    make_tasks(project, 60)
    project.tasks.update(overlap=3, free_slots=3)
    for n in range(40):
        j = answer_next(
            labeler, project, [A_IS_BETTER, B_IS_BETTER, TIE][n % 3], seconds=20.0 + n, reason=""
        )
        move(j, days=(40 - n) // 2)
    make_gold(project, 6)
    for j in answer_gold(labeler, project, 6):
        move(j, days=1)
    configuring.publish_guidelines(project=project, text=G1, created_by=admin)
    guiding.read_guidelines(project=project, person=labeler, version=1)
    configuring.publish_guidelines(
        project=project,
        text=G2,
        note="Politeness counts now; completeness means enough to act on.",
        created_by=admin,
    )
    a = assigning.next_assignment(project=project, person=labeler)
    reporting.report(
        assignment_id=a.pk,
        person=labeler,
        reason="disturbing",
        note="The second answer describes an injury.",
    )
    bo = person_factory("botan", project, "labeler")
    b = assigning.next_assignment(project=project, person=bo)
    Assignment.objects.filter(pk=b.pk).update(task=a.task)
    reporting.report(assignment_id=b.pk, person=bo, reason="personal")
    c = assigning.next_assignment(project=project, person=bo, holding=[b.pk])
    reporting.decide(
        report=reporting.report(assignment_id=c.pk, person=bo, reason="broken"),
        decided_by=admin,
        decision="retire",
    )
    second = project_factory("letters", kind="ranking", gold_rate=0)
    second.memberships.create(person=labeler, role="labeler")
    second.memberships.create(person=admin, role="admin")
    qualifying.record_stage(
        project=second,
        person=labeler,
        stage="suspended",
        recorded_by=admin,
        reason="Answers came faster than the texts can be read.",
    )
    third = project_factory("poems", kind="rating", gold_rate=0)
    third.state = "paused"
    third.save()
    third.memberships.create(person=labeler, role="labeler")
    third.memberships.create(person=admin, role="admin")
    fourth = project_factory("songs", kind="thumbs", gold_rate=0)
    fourth.memberships.create(person=labeler, role="labeler")
    qualifying.record_stage(project=fourth, person=labeler, stage="training", recorded_by=admin)
    admin.memberships.create(project=project, role="labeler")
    admin.is_staff = True
    admin.save()
    if os.environ.get("PREFS"):
        import json

        from labelers.models import Person

        Person.objects.update(preferences=json.loads(os.environ["PREFS"]))
    return project


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_shots(browse, world, admin, labeler, size):
    slug = world.slug
    pages = {
        labeler: [
            ("projects", "/"),
            ("overview", reverse("project", args=[slug])),
            ("work", reverse("work", args=[slug])),
            ("guidelines", reverse("guidelines", args=[slug])),
            ("guidelines1", reverse("guidelines", args=[slug]) + "?version=1"),
            ("account", reverse("account")),
            ("empty-work", reverse("work", args=["songs"])),
        ],
        admin: [
            ("a-guidelines", reverse("guidelines", args=[slug])),
            ("a-reports", reverse("reports", args=[slug])),
            ("a-settings", reverse("settings", args=[slug])),
            ("a-settings-rating", reverse("settings", args=["poems"])),
            ("kinds", reverse("project-new")),
            ("new-rating", reverse("project-new") + "?kind=rating"),
            ("empty-reports", reverse("reports", args=["poems"])),
        ],
    }
    only = os.environ.get("ONLY", "").split(",") if os.environ.get("ONLY") else None
    for person, addresses in pages.items():
        page = browse.page(size, person=person, color_scheme=os.environ.get("SCHEME", "light"))
        for name, address in addresses:
            if only and name not in only:
                continue
            page.goto(address)
            page.wait_for_timeout(250)
            if name == "a-reports":
                page.screenshot(path="/tmp/shots/x.png")
                page.locator("summary").first.click(timeout=3000)
            page.screenshot(
                path=f"/tmp/shots/{name}-{size}{os.environ.get('SUFFIX', '')}.png", full_page=True
            )
            assert not scrolls_sideways(page), address
            assert page.evaluate(NAMELESS) == [], address
            assert page.evaluate("document.querySelectorAll('main h1').length") == 1, address
            if size == "desktop":
                assert reached_by_tab(page) == (set(), []), address
            if os.path.exists("/tmp/axe/axe.min.js"):
                page.evaluate(__import__("pathlib").Path("/tmp/axe/axe.min.js").read_text())
                found = page.evaluate(
                    "async () => (await axe.run()).violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 100) + ' ' + (n.any[0]?.message ?? '')).slice(0,3).join(' | '))"
                )
                print(name, size, found)
