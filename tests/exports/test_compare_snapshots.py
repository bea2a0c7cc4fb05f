"""The command that prints what changed from one snapshot to another."""

import json
import uuid

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Judgment
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_changed_is_printed(project, label, freeze, capsys):
    label(project, [A_IS_BETTER, A_IS_BETTER])
    first = freeze(project, "first")
    Judgment.objects.filter(pk=Judgment.objects.first().pk).update(answer=B_IS_BETTER)
    second = freeze(project, "second")
    call_command("compare_snapshots", str(first.uid), str(second.uid))
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["config"], found["before"], found["turned"]) == ("preference", 2, 1)
    with pytest.raises(CommandError, match="one and the same"):
        call_command("compare_snapshots", str(first.uid), str(first.uid))
    nobody = str(uuid.uuid4())
    for unknown in (nobody, "first"):
        with pytest.raises(CommandError, match=f"There is no snapshot {unknown}"):
            call_command("compare_snapshots", str(first.uid), unknown)
