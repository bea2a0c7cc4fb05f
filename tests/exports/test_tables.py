"""Column by column and task by task give the same rows, and count the same."""

import itertools
import random

import numpy as np
import pytest

from annotation.models import Judgment
from exports import tables
from exports.collecting import Reading
from exports.filters import Filters
from exports.splitting import Fractions
from tests.annotation.making import TIE

pytestmark = pytest.mark.django_db(transaction=True)

STRENGTHS = ("significantly", "better", "slightly", "negligibly")
SIDES = [{"choice": side, "strength": how} for side in "ab" for how in STRENGTHS]
PAIRS = [*SIDES, TIE, {"choice": "both_bad", "strength": None}]
RANKS = [{"ranks": list(r)} for r in ((1, 2, 3, 4), (1, 2, 2, 4), (4, 3, 2, 1), (1, 1, 1, 1))]
ANSWERS = {
    "pairwise": (PAIRS, 2),
    "ranking": ([*RANKS, {"ranks": [2, 1, 4, 3]}, {"ranks": [1, 1, 3, 3]}], 4),
    "best_of": ([{"best": place} for place in (0, 1, 2, None)], 3),
    "thumbs": ([{"good": True}, {"good": False}], 1),
}


@pytest.fixture
def labeled(project_factory, label, person_factory):
    """A project of some kind with random answers, some imported, some adjudicated."""

    def make(kind, method="majority", tasks=12, people=3):
        known, k = ANSWERS[kind]
        random.seed(7)
        project = project_factory(f"of-{kind}".replace("_", "-"), kind=kind, gold_rate=0)
        project.settings.consensus_method = method
        project.settings.save()
        given = [[random.choice(known) for _ in range(tasks)] for _ in range(people)]
        label(project, *given, k=k, tags=["a", "b"])
        some = Judgment.objects.order_by("id")
        for judgment in some[:3]:
            Judgment.objects.filter(pk=judgment.pk).update(standing="adjudication", slot=None)
        for number, judgment in enumerate(some[3:6]):
            name = "" if number == 0 else "worker \x01 \n"
            Judgment.objects.filter(pk=judgment.pk).update(
                standing="imported",
                slot=None,
                person=None,
                client_id=None,
                imported_labeler=name,
                reason='He said "no",\nand \x02 left',
            )
        return project

    return make


def both(project, **filters):
    """What either way makes of everything in `project`."""
    chosen = Filters.from_mapping(filters)
    wanted = tables.Wanted(project.slug, chosen, Fractions())
    with Reading(project, chosen) as reading:
        known = reading.knowledge()
        (batch,) = reading.batches(reading.freeze())
        assert tables.is_columnar(batch)
        fast = tables.made_of_columns(batch, known, wanted)
        plain = tables.made_of_tasks(reading.labeled(batch, known), wanted)
    return fast, plain


def assert_same(fast, plain):
    assert list(fast.tables) == list(plain.tables)
    for config, table in plain.tables.items():
        assert fast.tables[config].rows.schema == table.rows.schema
        rows = zip(fast.tables[config].rows.to_pylist(), table.rows.to_pylist(), strict=True)
        for ours, theirs in rows:
            assert ours == theirs
        assert np.array_equal(fast.tables[config].split, table.split)
        assert np.array_equal(fast.tables[config].characters, table.characters)
    assert fast.lineage.to_pylist() == plain.lineage.to_pylist()
    assert fast.tally.state() == plain.tally.state()


@pytest.mark.parametrize("method", ["majority", "reliability", "dawid_skene"])
@pytest.mark.parametrize("kind", list(ANSWERS))
def test_every_kind_and_method(labeled, kind, method):
    fast, plain = both(labeled(kind, method))
    assert_same(fast, plain)
    assert plain.lineage.num_rows
    assert plain.tally.used > 4


def test_every_filter(labeled):
    project = labeled("pairwise", "reliability")
    pseudonyms = list(
        Judgment.objects.exclude(person=None)
        .order_by("person")
        .values_list("person__pseudonym", flat=True)
        .distinct()
    )
    some = [
        {"min_judgments": 4},
        {"min_weight": 0.8},
        {"drop_negligible": True},
        {"include_imported": False},
        {"labelers": pseudonyms[:2]},
        {"without_labelers": pseudonyms[:1]},
        {"strengths": ["better", "none"]},
        {"min_agreement": 0.3},
        {"sources": ["model-1"], "criteria": ["helpful"]},
        {"sources": ["model-1"]},
    ]
    seen = set()
    for filters in some:
        with Reading(project, Filters.from_mapping(filters)) as reading:
            if not reading.count():
                continue
        fast, plain = both(project, **filters)
        assert_same(fast, plain)
        seen.update(plain.tally.as_dict()["left_out"])
    assert {"few_judgments", "low_weight", "disagreed", "strength"} <= seen


def test_conversations_that_are_told_apart_by_their_responses(labeled):
    """Prompts without a user, or empty ones: what decides on the split is elsewhere."""
    project = labeled("pairwise", tasks=4, people=1)
    shapes = [
        [],
        [{"role": "system", "content": "Be kind."}],
        [{"role": "assistant", "content": ""}],
    ]
    for prompt, messages in zip(project.prompts.order_by("id"), shapes, strict=False):
        prompt.messages = messages
        prompt.save()
    prompt.responses.update(messages=[{"role": "user", "content": "\n\nHuman: é 日本"}])
    fast, plain = both(project)
    assert_same(fast, plain)
    assert plain.tally.as_dict()["refused"]


def test_votes_may_be_of_many_sizes(project_factory, label):
    project = project_factory("sizes", kind="ranking", gold_rate=0)
    label(project, [{"ranks": [1, 2]}, {"ranks": [1, 1]}], k=2)
    assert_same(*both(project))


def test_a_posterior_that_looks_like_a_majority_is_read_alike():
    from exports.consensus_columns import _best

    p, n = [], []
    for votes, some in itertools.product(itertools.product(range(4), repeat=3), (1, 2, 5)):
        total = sum(votes) + some
        p.append([votes[0] / total, votes[1] / total, 1 - (votes[0] + votes[1]) / total])
        n.append(some)
    from annotation.consensus.aggregating import winner

    found = _best(np.round(np.array(p), 6), np.array(n))
    for sides, some, best in zip(np.round(np.array(p), 6), n, found, strict=True):
        known = dict(zip(("p_i", "p_j", "p_tie"), map(float, sides), strict=True))
        assert winner({"i": 0, "j": 1, **known, "n": some}) == (None if best == 2 else best)
