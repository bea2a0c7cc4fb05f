"""Rows without a name keep no order and no transaction of their own."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from labelers.models import SurveyAnswers
from labelers.scattering import scatter


def rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers->>'n', xmin::text FROM labelers_surveyanswers ORDER BY ctid")
        return cursor.fetchall()


@pytest.mark.django_db(transaction=True)
def test_all_rows_are_written_anew_and_keep_what_they_say(project):
    for number in range(12):
        with transaction.atomic():
            SurveyAnswers.objects.create(project=project, answers={"n": number})
            scatter(SurveyAnswers, project)
    found = rows()
    order = [int(number) for number, _xmin in found]
    assert sorted(order) == list(range(12))
    assert order != list(range(12))
    assert len({xmin for _number, xmin in found}) == 1


@pytest.mark.django_db(transaction=True)
def test_it_belongs_to_the_transaction_of_the_deed(project):
    with pytest.raises(RuntimeError):
        scatter(SurveyAnswers, project)
