"""Snapshots whose labels were voided since are marked, and nothing else of them changes."""

import pytest

from annotation.models import Judgment
from exports.voiding import note_voided
from tests.annotation.making import A_IS_BETTER

pytestmark = pytest.mark.django_db(transaction=True)


def test_only_a_snapshot_that_holds_a_voided_judgment_is_marked(project, label, freeze):
    label(project, [A_IS_BETTER, A_IS_BETTER])
    before = freeze(project, "before")
    assert note_voided() == 0
    first = Judgment.objects.order_by("id").first()
    Judgment.objects.filter(pk=first.pk).update(standing="voided", is_current=False, slot=None)
    after = freeze(project, "after")
    assert note_voided() == 1
    assert note_voided() == 0
    before.refresh_from_db()
    after.refresh_from_db()
    assert before.contains_voided
    assert not after.contains_voided
