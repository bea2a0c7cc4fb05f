"""Records to test with, made by hand."""

from exports.records import Comparison, JudgmentView, PreferencePair, Ranking


def user(content):
    return {"role": "user", "content": content}


def assistant(content):
    return {"role": "assistant", "content": content}


def view(number, choice, *, strength=None):
    return JudgmentView(
        id=str(number),
        revision=1,
        labeler="L-abc",
        choice=choice,
        strength=strength,
        shown_first=None,
        seconds=3.5,
    )


def common(task, prompt, sources):
    return {
        "id": task,
        "task": task,
        "project": "p",
        "criterion": "",
        "language": "en",
        "tags": ["a"],
        "prompt": prompt,
        "reference": None,
        "response_sources": sources,
        "labeled_at": "2026-01-02T03:04:05+00:00",
    }


def pair(number=1, *, prompt=None, chosen=None, rejected=None, **own):
    task = f"p-{number}"
    values = {
        **common(task, [user(f"question {number}")] if prompt is None else prompt, ["new", "old"]),
        "kind": "pairwise",
        "chosen": chosen or [assistant(f"good {number}")],
        "rejected": rejected or [assistant(f"bad {number}")],
        "judgments": [view(number, "chosen", strength="better")],
        "strength": "better",
        "strength_margin": 0.666667,
        "weight": 0.75,
        "rank_group": None,
    }
    return PreferencePair(**{**values, **own})


def ranking(number=1, *, ranks=(1, 2, 2, 4), prompt=None, **own):
    k = len(ranks)
    comparisons = []
    for i in range(k):
        for j in range(i + 1, k):
            p_i, p_j, p_tie = (
                (1 / 3, 1 / 3, 1 / 3)
                if ranks[i] == ranks[j]
                else (2 / 3, 1 / 3, 0.0)
                if ranks[i] < ranks[j]
                else (1 / 3, 2 / 3, 0.0)
            )
            comparisons.append(Comparison(i=i, j=j, p_i=p_i, p_j=p_j, p_tie=p_tie, margin=0.0, n=1))
    task = f"p-{number}"
    values = {
        **common(
            task,
            [user(f"question {number}")] if prompt is None else prompt,
            [f"model {place}" for place in range(k)],
        ),
        "kind": "ranking",
        "responses": [[assistant(f"answer {number} {place}")] for place in range(k)],
        "comparisons": comparisons,
        "ranks": list(ranks),
        "judgments": [view(number, ",".join(map(str, ranks)))],
    }
    return Ranking(**{**values, **own})
