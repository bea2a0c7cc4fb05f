"""Candidates in every state, a policy with a quiz and a consent: what the pages of hiring show."""

from __future__ import annotations

from annotation import tasking
from annotation.candidates import Candidate
from annotation.entry import hiring, scoring_texts
from annotation.models import Exam, Gold, Task
from labelers import consenting
from tests.annotation.making import A_IS_BETTER
from tests.annotation.making_exams import (
    GOLD_ANSWER,
    answer_gold,
    as_gold,
    make_exam,
    make_written_exam,
)

QUIZ = [
    {"question": "Τι μετρά;", "choices": ["Αλήθεια", "Μήκος"], "right": 0, "explanation": "Όχι."}
]


def in_greek(project, count: int, k: int, answer) -> list[Task]:
    """Gold tasks whose texts are in Greek letters."""
    before = set(project.tasks.values_list("pk", flat=True))
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[
            Candidate(
                prompt=[{"role": "user", "content": f"Ερώτηση {number};"}],
                responses=[
                    ([{"role": "assistant", "content": f"Απάντηση {number} {place}."}], "μ")
                    for place in range(k)
                ],
            )
            for number in range(count)
        ],
    )
    return as_gold(project.tasks.exclude(pk__in=before).order_by("id"), answer, "Λέει περισσότερα.")


def furnish_hiring(house, person_factory, pairs, texts) -> None:
    """Fill `pairs`, whose labelers judge, and `texts`, whose labelers write."""
    admin = house.admin
    hiring.change_policy(
        project=pairs, changed_by=admin, quiz=QUIZ, topics=["δίκαιο"], routes_by_topic=True
    )
    for text in ("Συμφωνώ.", "Συμφωνώ **πάλι**."):
        form = consenting.publish_form(project=pairs, text=text, created_by=admin)
    tasks = in_greek(pairs, 12, 2, GOLD_ANSWER)
    Gold.objects.filter(task__in=tasks[:4]).update(difficulty=0.5)
    names = ("νέα", "μαθαίνει", "εξετάζεται", "περιμένει", "απέτυχε", "πέτυχε")
    people = {name: person_factory(name, pairs, "labeler") for name in names}
    for person in people.values():
        consenting.give_consent(project=pairs, person=person, version=form.version)
    answer_gold(people["μαθαίνει"], tasks[0], A_IS_BETTER, purpose="training")
    make_exam(people["εξετάζεται"], tasks[:3], "rrw", verdict="open", log_odds=-0.3)
    house.candidate = make_exam(people["περιμένει"], tasks, "rrwrrrwrrrrw", log_odds=1.2).person
    for name, rights in (("απέτυχε", "rwwwrw"), ("πέτυχε", "rrrrrr")):
        exam = make_exam(people[name], tasks[:6], rights, log_odds=-2.0)
        verdict = Exam.Verdict.PASSED if name == "πέτυχε" else Exam.Verdict.FAILED
        hiring.decide_exam(exam=exam, decided_by=admin, verdict=verdict, note="Σαφές.")
    writes = in_greek(texts, 2, 1, None)
    exam = make_written_exam(person_factory("γράφει", texts, "labeler"), writes, text="Κείμενο")
    house.author = exam.person
    (first, *_rest) = scoring_texts.waiting_for(project=texts, scorer=admin)
    scoring_texts.score_written(project=texts, judgment=first, scorer=admin, score=6, note="Καλό.")
