"""Pages and API of pay: who may see them, and the same deeds behind both."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.models import PayRate, Payroll, PayrollRow
from annotation.pay import closing, rating_work
from labelers.models import CrowdWorker, Notice
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks


@pytest.fixture
def paid_work(project, admin, labeler):
    """Three items at 50 cents, one rate."""
    rating_work.set_rate(
        project=project,
        set_by=admin,
        currency="USD",
        per_item=Decimal("0.5"),
        holds_from=timezone.now() - timedelta(days=1),
    )
    make_tasks(project, 3)
    for _ in range(3):
        answer_next(labeler, project, A_IS_BETTER, seconds=20.0)


@pytest.fixture
def payroll(project, admin, paid_work) -> Payroll:
    return closing.close_period(project=project, closed_by=admin)


def test_a_rate_is_set_on_its_page(client, project, admin):
    client.force_login(admin)
    page = reverse("pay-rate", args=[project.slug])
    assert "Per turn" not in client.get(page).text
    given = {
        **{"currency": "JPY", "per_item": "12.5", "per_hour": "1200", "cap_seconds": "90"},
        **{"bonus_percent": "5", "bonus_score": "0.9", "pays_training": "on"},
    }
    assert client.post(page, given).url == reverse("pay", args=[project.slug])
    rate = PayRate.objects.get()
    assert (rate.per_item, rate.currency, rate.pays_training) == (Decimal("12.5"), "JPY", True)
    assert not rate.pays_second_looks
    refused = client.post(page, given | {"holds_from": "2020-01-01T00:00"}).text
    assert "still to come" in refused
    assert PayRate.objects.count() == 1


def test_a_period_is_looked_at_and_closed(client, project, admin, paid_work):
    client.force_login(admin)
    page = reverse("pay", args=[project.slug])
    assert "1.50 USD" in client.get(page).text
    assert "1.50 USD" in client.post(page, {"until": ""}).text
    assert not Payroll.objects.exists()
    closed = client.post(page, {"until": "", "confirmed": "yes"})
    assert closed.url == reverse("payroll", args=[project.slug, 1])
    assert "1.50 USD" in client.get(closed.url).text
    assert "Nobody has earned" in client.get(page).text


def test_rows_are_paid_refused_and_paid_after_all(client, project, admin, labeler, payroll):
    client.force_login(admin)
    row = payroll.rows.get()
    page = reverse("payroll", args=[project.slug, 1])
    client.post(reverse("payment", args=[project.slug, row.pk]), {"reason": "Not <b>done</b>"})
    assert "Not &lt;b&gt;done&lt;/b&gt;" in client.get(page).text
    assert Notice.objects.filter(person=labeler, kind="pay_refused").count() == 1
    client.post(reverse("payroll-paid", args=[project.slug, 1]))
    assert PayrollRow.objects.get().state == "refused"
    client.post(reverse("payment", args=[project.slug, row.pk]), {"take_back": "yes"})
    client.post(reverse("payroll-paid", args=[project.slug, 1]), {"row": row.pk})
    assert PayrollRow.objects.get().state == "paid"
    said = client.post(
        reverse("payment", args=[project.slug, row.pk]), {"reason": "x"}, follow=True
    )
    assert "This row is Paid by now." in said.text


def test_the_labeler_sees_what_was_earned(client, project, admin, labeler, payroll):
    client.force_login(labeler)
    make_tasks(project, 4)
    answer_next(labeler, project, A_IS_BETTER)
    page = client.get(reverse("work", args=[project.slug])).text
    assert "Not accounted for yet" in page
    own = client.get(reverse("api-earnings", args=[project.slug])).json()
    assert (own["pending"], own["approved"], own["paid"]) == ("0.50", "1.50", "0.00")
    assert own["months"][0]["items"] == 4
    assert own["payrolls"][0]["amount"] == "1.50"


def test_the_file_is_safe_and_knows_the_worker(client, project, admin, labeler, payroll):
    CrowdWorker.objects.create(project=project, person=labeler, worker="=1+1")
    client.force_login(admin)
    for name in ("payroll-file", "api-payroll-file"):
        answer = client.get(reverse(name, args=[project.slug, 1]))
        lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
        assert lines[1].split(",")[2:4] == [labeler.pseudonym, "'=1+1"]
        assert ",3,0.0167,USD,1.50,0.00,0.00,1.50,approved," in lines[1]


def test_the_api_does_what_the_pages_do(client, project, admin, labeler, paid_work):
    client.force_login(admin)
    post = {"content_type": "application/json"}
    period = client.get(reverse("api-pay-period", args=[project.slug])).json()
    assert [(row["items"], row["total"]) for row in period["rows"]] == [(3, "1.50")]
    rates = reverse("api-pay-rates", args=[project.slug])
    bad = client.post(rates, {"currency": "EUR", "per_item": "1"}, **post)
    assert (bad.status_code, list(bad.json()["errors"])) == (400, ["currency"])
    assert client.post(rates, {"currency": "USD", "per_item": "1"}, **post).status_code == 201
    made = client.post(reverse("api-payrolls", args=[project.slug]), {}, **post)
    assert (made.status_code, made.json()["number"]) == (201, 1)
    whole = client.get(reverse("api-payroll", args=[project.slug, 1])).json()
    row = whole["rows"][0]
    assert (row["pseudonym"], row["total"], row["state"]) == (labeler.pseudonym, "1.50", "approved")
    refusal = reverse("api-payment-refusal", args=[project.slug, row["id"]])
    assert client.post(refusal, {"reason": "No"}, **post).json()["rows"][0]["state"] == "refused"
    assert client.delete(refusal).json()["rows"][0]["state"] == "approved"
    paid = client.post(reverse("api-payroll-paid", args=[project.slug, 1]), {}, **post).json()
    assert paid["rows"][0]["state"] == "paid"


@pytest.mark.parametrize("name", ["pay", "pay-rate", "api-pay-rates", "api-pay-period"])
def test_pay_is_for_admins(client, project, labeler, engineer, stranger, name):
    for person, status in ((labeler, 403), (engineer, 403), (stranger, 404)):
        client.force_login(person)
        assert client.get(reverse(name, args=[project.slug])).status_code == status


def test_a_project_that_pays_nothing_says_so(client, project, admin, labeler):
    client.force_login(admin)
    assert "Nothing is paid yet" in client.get(reverse("pay", args=[project.slug])).text
    client.force_login(labeler)
    assert "What you have earned" not in client.get(reverse("work", args=[project.slug])).text
    assert client.get(reverse("api-earnings", args=[project.slug])).status_code == 404
