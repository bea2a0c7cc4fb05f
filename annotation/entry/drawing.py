"""Which gold an exam or a training asks next: at random, in balance, never twice to one person.

An exam is balanced by difficulty, by whether the longest response is the right one, and where two
responses are compared by the side on which the right one stands, so that neither always choosing
the longer nor always the left passes. As far as the pool allows, and never so that the next item
could be foretold. Leases and verdicts are screening's part.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from django.db.models import Exists, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast, Length

from annotation.entry.exam_length import judges
from annotation.models import Assignment, Task, TaskResponse
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Person, Project

SAMPLE = 200
"""How many items of the pool are looked at for one draw."""

LEAN = 2
"""From this difference on, the rarer side of a balance is taken; before it, chance decides."""

_chance = random.SystemRandom()


@dataclass(frozen=True)
class Traits:
    """What an exam balances: ``difficulty`` 0 to 2 (easy, middling, hard), whether the longest
    response is right (None where that cannot be said), and of two responses the right one.

    ``decides`` is whether the expected answer decides anything: a tie examines nobody.
    """

    difficulty: int = 1
    is_longest_right: bool | None = None
    right: int | None = None
    decides: bool = True


def pool(project: Project, person: Person) -> QuerySet[Task]:
    """The gold tasks that may still be asked of `person`: they never had any of them."""
    had = Assignment.objects.filter(task=OuterRef("pk"), person=person)
    found = Task.objects.filter(
        ~Exists(had),
        project=project,
        is_gold=True,
        state=Task.State.OPEN,
        gold__isnull=False,
        gold__retired_at=None,
    )
    # Where people write, gold has no answer and is read by admins.
    return found.filter(gold__answer__isnull=not judges(project.settings.kind))


def draw_training(project: Project, person: Person) -> Task | None:
    """An item of the pool at random, one with an explanation if there is any."""
    found = pool(project, person).order_by("?")
    return found.exclude(gold__explanation="").first() or found.first()


def draw_exam(project: Project, person: Person, asked: Iterable[Assignment]) -> Task | None:
    """An item of the pool that keeps the exam in balance with those `asked` in it so far."""
    some = list(pool(project, person).select_related("gold").order_by("?")[:SAMPLE])
    before = [assignment.task for assignment in asked]
    traits = traits_of([*some, *before])
    if judges(project.settings.kind):
        some = [task for task in some if traits[task.pk].decides]
    if not some:
        return None
    chosen = choose([traits[task.pk] for task in some], [traits[task.pk] for task in before])
    return some[chosen]


def choose(
    found: Sequence[Traits], asked: Sequence[Traits], chance: random.Random = _chance
) -> int:
    """The place in `found` of what to ask after `asked`.

    First the balance of longest-is-right, then the difficulty asked least so far; at random among
    what is left.
    """
    wanted = _lean([t.is_longest_right for t in asked], chance)
    places = [n for n, t in enumerate(found) if t.is_longest_right in (wanted, None)]
    places = places or list(range(len(found)))
    often = Counter(t.difficulty for t in asked)
    least = min(often[found[n].difficulty] for n in places)
    return chance.choice([n for n in places if often[found[n].difficulty] == least])


def order_for(traits: Traits, k: int, sides: Sequence[bool | None]) -> list[int]:
    """An order on screen for `k` responses; `sides` says of earlier items whether left was right.

    Of two, the right one comes to the side that keeps the balance; else chance alone decides.
    """
    order = list(range(k))
    _chance.shuffle(order)
    if k == 2 and traits.right is not None:
        left = _lean(sides, _chance)
        order = [traits.right, 1 - traits.right] if left else [1 - traits.right, traits.right]
    return order


def left_was_right(assignment: Assignment, traits: Traits) -> bool | None:
    """Whether the right one of two responses stood on the left; None where there is no such."""
    if traits.right is None or len(assignment.display_order) != 2:
        return None
    return bool(assignment.display_order[0] == traits.right)


def _lean(said: Iterable[bool | None], chance: random.Random) -> bool:
    counts = Counter(said)
    ahead = counts[True] - counts[False]
    if abs(ahead) >= LEAN:
        return ahead < 0
    return chance.random() < 0.5


def traits_of(tasks: Sequence[Task]) -> dict[int, Traits]:
    """By task: its traits, in one query. Difficulty is told apart by the thirds of `tasks`."""
    sizes: dict[int, dict[int, int]] = {}
    rows = (
        TaskResponse.objects.filter(task__in=tasks)
        .annotate(size=Length(Cast("response__messages", TextField())))
        .values_list("task_id", "position", "size")
    )
    for pk, position, size in rows:
        sizes.setdefault(pk, {})[position] = size
    known = [task.gold.difficulty for task in tasks if task.gold.difficulty is not None]
    cuts = quantiles(known, n=3) if len(known) > 2 else []
    return {task.pk: _traits(task, sizes.get(task.pk, {}), cuts) for task in tasks}


def _traits(task: Task, sizes: dict[int, int], cuts: Sequence[float]) -> Traits:
    difficulty = 1
    if cuts and task.gold.difficulty is not None:
        difficulty = sum(task.gold.difficulty > cut for cut in cuts)
    answer, kind = task.gold.answer, TASK_KINDS[task.kind]
    said = [] if answer is None else kind.outcomes(answer, len(sizes))
    outcomes = [outcome for outcome in said if outcome.winner is not None]
    longest = _longest(sizes)
    contested = [o.winner == longest for o in outcomes if longest in (o.i, o.j)]
    return Traits(
        difficulty=difficulty,
        is_longest_right=all(contested) if longest is not None and contested else None,
        right=outcomes[0].winner if len(sizes) == 2 and outcomes else None,
        decides=bool(outcomes),
    )


def _longest(sizes: dict[int, int]) -> int | None:
    if len(sizes) < 2:
        return None
    first, second, *_rest = sorted(sizes, key=lambda place: -sizes[place])
    return first if sizes[first] > sizes[second] else None
