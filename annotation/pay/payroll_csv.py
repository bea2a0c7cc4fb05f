"""A payroll as a table for spreadsheets, by pseudonym and by the ids of a crowd market."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotation.models import Payroll, PayrollRow
from annotation.pay.money import to_decimal
from labelers.csv_file import rows_as_csv
from labelers.models import CrowdWorker

COLUMNS = (
    *("payroll", "until", "labeler", "worker_id", "study_id", "session_id", "items", "hours"),
    *("currency", "earned", "adjustment", "bonus", "total", "state", "reason"),
)


def workers_of(payroll: Payroll) -> dict[int, CrowdWorker]:
    """By the key of the person: the ids of a crowd market, of those who came from one."""
    found = CrowdWorker.objects.filter(project=payroll.project_id)
    return {worker.person_id: worker for worker in found}


def payroll_file(payroll: Payroll) -> Iterator[str]:
    """The file in pieces, one line per person."""
    workers = workers_of(payroll)
    rows = payroll.rows.select_related("person")
    return rows_as_csv(COLUMNS, (_line(payroll, row, workers.get(row.person_id)) for row in rows))


def _line(payroll: Payroll, row: PayrollRow, worker: CrowdWorker | None) -> tuple[Any, ...]:
    return (
        payroll.number,
        payroll.until,
        row.person.pseudonym,
        worker and worker.worker,
        worker and worker.study,
        worker and worker.session,
        row.items,
        f"{row.seconds / 3600:.4f}",
        payroll.currency,
        *(
            to_decimal(minor, payroll.currency)
            for minor in (row.earned, row.adjustment, row.bonus, row.total)
        ),
        row.state,
        row.reason,
    )
