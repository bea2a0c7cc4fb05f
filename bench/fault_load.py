"""Labelers who never give up, and a ledger of what they were promised.

Each labeler sends an answer until the server acknowledges it, through killed servers and refused
connections, as the outbox of the labeling page does. The ledger holds every acknowledgement;
`broken_promises` compares it with the database afterwards.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import requests

from bench.visitor import Visitor

_PATIENCE = 90.0
_BETWEEN_TRIES = 0.1
_RESEND_EVERY = 10
_STRENGTHS = ("significantly", "better", "slightly", "negligibly")


@dataclass
class Ledger:
    """What was acknowledged (client id to judgment), and what else was answered."""

    acknowledged: dict[uuid.UUID, int] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    contradictions: list[str] = field(default_factory=list)
    longest_outage: float = 0.0
    retry_after_missing: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, client_id: uuid.UUID, judgment: int) -> None:
        """An answer was acknowledged as this judgment, perhaps again."""
        with self.lock:
            if self.acknowledged.setdefault(client_id, judgment) != judgment:
                self.contradictions.append(f"{client_id} was acknowledged as two judgments")


class PersistentLabeler(threading.Thread):
    """One person at work until told to stop."""

    def __init__(self, visitor: Visitor, slug: str, ledger: Ledger, seed: int) -> None:
        super().__init__(daemon=True)
        self.visitor, self.slug, self.ledger = visitor, slug, ledger
        self.rng = random.Random(seed)
        self.over = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        """Label; what went wrong for good is in ``error``."""
        try:
            count = 0
            while not self.over.is_set():
                answer = self._insist("labeling/next/", {})
                item = answer["item"] if answer else None
                if item is None:
                    self.over.wait(0.2)
                    continue
                count += 1
                self._answer(item, twice=count % _RESEND_EVERY == 0)
        except BaseException as error:
            self.error = error

    def _answer(self, item: dict[str, Any], *, twice: bool) -> None:
        client_id = uuid.UUID(int=self.rng.getrandbits(128), version=4)
        body = {
            "assignment": item["assignment"],
            "client_id": str(client_id),
            "answer": {"choice": self.rng.choice("ab"), "strength": self.rng.choice(_STRENGTHS)},
            "seconds": 5.0,
            "want_next": False,
        }
        for _ in range(2 if twice else 1):
            stored = self._insist("labeling/judgments/", body)
            if stored is not None:
                self.ledger.note(client_id, stored["judgment"])

    def _insist(self, path: str, body: dict[str, Any]) -> Any:
        """Send until it is answered for good; None where the server refuses it."""
        began = time.monotonic()
        failed_at: float | None = None
        while True:
            status, answer = self._try(path, body)
            now = time.monotonic()
            with self.ledger.lock:
                self.ledger.answers[status] += 1
                if failed_at is not None and status[0] in "24":
                    lasted = now - failed_at
                    self.ledger.longest_outage = max(self.ledger.longest_outage, lasted)
            if status.startswith("2"):
                return answer
            if status.startswith("4") and status != "429":
                return None
            failed_at = failed_at or now
            if now - began > _PATIENCE:
                raise TimeoutError(f"{path} was answered {status} for {_PATIENCE:g} s")
            if self.over.wait(_BETWEEN_TRIES) and now - began > 30:
                raise TimeoutError(f"{path} was answered {status} when the load was over")

    def _try(self, path: str, body: dict[str, Any]) -> tuple[str, Any]:
        try:
            answer = self.visitor.session.post(
                f"{self.visitor.address}/api/v1/projects/{self.slug}/{path}",
                json=body,
                headers={"X-CSRFToken": self.visitor.session.cookies.get("csrftoken") or ""},
                timeout=30,
            )
        except requests.RequestException as error:
            return type(error).__name__, None
        if answer.status_code == 503 and "Retry-After" not in answer.headers:
            with self.ledger.lock:
                self.ledger.retry_after_missing += 1
        return str(answer.status_code), answer.json() if answer.status_code < 300 else None


class LoadOfLabelers:
    """Several of them at once, as a context: leaving it waits until nothing is under way."""

    def __init__(self, visitors: Sequence[Visitor], slug: str) -> None:
        self.ledger = Ledger()
        self.labelers = [
            PersistentLabeler(visitor, slug, self.ledger, seed)
            for seed, visitor in enumerate(visitors)
        ]

    def __enter__(self) -> LoadOfLabelers:
        for labeler in self.labelers:
            labeler.start()
        return self

    def __exit__(self, *_: object) -> None:
        for labeler in self.labelers:
            labeler.over.set()
        for labeler in self.labelers:
            labeler.join()

    def wait_for(self, answers: int, seconds: float = 60.0) -> float:
        """Wait until so many more answers are acknowledged; the seconds that took."""
        began, had = time.monotonic(), len(self.ledger.acknowledged)
        while len(self.ledger.acknowledged) < had + answers:
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"No {answers} answers were acknowledged within {seconds:g} s.")
            time.sleep(0.02)
        return time.monotonic() - began

    def errors(self) -> list[BaseException]:
        """What ended labelers before their time."""
        return [labeler.error for labeler in self.labelers if labeler.error is not None]


@dataclass(frozen=True)
class Promises:
    """How many promises were broken, by kind; all should be 0."""

    acknowledged_lost: int
    stored_twice: int
    over_overlap: int
    slots_wrong: int
    audit_wrong: int

    def as_dict(self) -> dict[str, int]:
        """By name."""
        return dict(vars(self))


_TWICE = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM annotation_judgment WHERE client_id IS NOT NULL
            GROUP BY person_id, client_id HAVING count(*) > 1) a)
     + (SELECT count(*) FROM (SELECT 1 FROM annotation_judgment WHERE is_current
            AND person_id IS NOT NULL GROUP BY task_id, person_id HAVING count(*) > 1) b)
"""
_OVER = """
SELECT count(*) FROM annotation_task t LEFT JOIN (
    SELECT task_id, count(*) AS n FROM annotation_judgment
    WHERE is_current AND standing = 'counted' GROUP BY task_id) j ON j.task_id = t.id
WHERE coalesce(j.n, 0) > t.overlap OR coalesce(j.n, 0) <> t.counted
"""
_SLOTS = """
SELECT count(*) FROM annotation_task t LEFT JOIN (
    SELECT task_id, count(*) AS n FROM annotation_assignment WHERE slot IS NOT NULL
    GROUP BY task_id) a ON a.task_id = t.id
WHERE NOT t.is_gold AND t.free_slots <> t.overlap - coalesce(a.n, 0)
"""
_AUDIT = """
SELECT abs((SELECT count(*) FROM annotation_judgment WHERE client_id IS NOT NULL)
         - (SELECT count(*) FROM labelers_auditevent WHERE action = 'judgment.submitted'))
"""


def broken_promises(ledger: Ledger, conninfo: str) -> Promises:
    """Compare the ledger and the rules of the house with what is stored."""
    with psycopg.connect(conninfo) as connection:
        query = "SELECT client_id, id FROM annotation_judgment WHERE client_id IS NOT NULL"
        stored = dict(connection.execute(query).fetchall())

        def count(statement: str) -> int:
            row = connection.execute(statement.encode()).fetchone()
            return int(row[0]) if row else 0

        return Promises(
            acknowledged_lost=sum(
                stored.get(client_id) != judgment
                for client_id, judgment in ledger.acknowledged.items()
            ),
            stored_twice=count(_TWICE) + len(ledger.contradictions),
            over_overlap=count(_OVER),
            slots_wrong=count(_SLOTS),
            audit_wrong=count(_AUDIT),
        )
