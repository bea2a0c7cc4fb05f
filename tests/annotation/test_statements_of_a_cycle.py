"""What an answer with the next item asks of the database: few statements, however much there is."""

from __future__ import annotations

import uuid

from django.test import Client

from annotation.models import Influx, Task
from tests.annotation.making import make_tasks

MOST = 13
"""Session, person, seat; the answer with its audit row; the next lease; the item with the counts;
two for the transaction, which is a savepoint here; and one to spare."""


def test_a_cycle_asks_few_statements(project, labeler, django_assert_max_num_queries):
    make_tasks(project, 120)
    Task.objects.update(overlap=3, free_slots=3, returned=None)
    # What came in the test's own transaction would be looked at again and again.
    Influx.objects.all().delete()
    client = Client()
    client.force_login(labeler)
    base = f"/api/v1/projects/{project.slug}/labeling/"
    item = client.post(f"{base}next/", {}, content_type="application/json").json()["item"]
    for number in range(4):
        body = {
            "assignment": item["assignment"],
            "client_id": str(uuid.uuid4()),
            "answer": {"choice": "a", "strength": "better"},
            "holding": [],
        }
        # The first ones count and begin anew; then everything is at hand.
        with django_assert_max_num_queries(MOST if number > 1 else 60):
            answer = client.post(f"{base}judgments/", body, content_type="application/json")
        assert answer.status_code == 201
        item = answer.json()["item"]
        assert answer.json()["work"]["done"] == number + 1
