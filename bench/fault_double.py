"""One answer sent by a hundred requests at once: how many rows that makes."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import requests

from bench.fault_site import Site
from bench.visitor import Visitor

AT_ONCE = 100


def double_submits(site: Site, visitor: Visitor) -> int:
    """Send one answer so often at once; the rows it made.

    Raises AssertionError where a request was refused, or told another judgment than the others.
    """
    item = visitor.post(f"projects/{site.slug}/labeling/next/", {})["item"]
    client_id = str(uuid.uuid4())
    body = {
        "assignment": item["assignment"],
        "client_id": client_id,
        "answer": {"choice": "a", "strength": "better"},
        "want_next": False,
    }
    url = f"{site.admin.address}/api/v1/projects/{site.slug}/labeling/judgments/"
    token = visitor.session.cookies.get("csrftoken") or ""
    cookies = visitor.session.cookies.get_dict()

    def send(_: int) -> tuple[int, int]:
        answer = requests.post(
            url, json=body, cookies=cookies, headers={"X-CSRFToken": token}, timeout=60
        )
        return answer.status_code, answer.json().get("judgment", 0)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(send, range(AT_ONCE)))
    if not {status for status, _ in answers} <= {200, 201}:
        raise AssertionError(f"Answers were refused: {sorted({s for s, _ in answers})}")
    if len({judgment for _, judgment in answers}) != 1:
        raise AssertionError("One answer was acknowledged as several judgments.")
    ((rows,),) = site.rows(
        "SELECT count(*) FROM annotation_judgment WHERE client_id = %s", client_id
    )
    return int(rows)
