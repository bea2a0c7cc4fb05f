"""Records to test with, made by hand. Without Django, as the modules that only read files are."""

from exports.records import (
    AnswerView,
    Comparison,
    Demonstration,
    JudgmentView,
    PreferencePair,
    PromptOnly,
    Ranking,
    Rating,
    UnpairedExample,
)


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


def answer_view(number, choice, *, reason=None):
    return AnswerView(**vars(view(number, choice)), reason=reason)


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


def unpaired(number=1, *, prompt=None, **own):
    task = f"p-{number}"
    values = {
        **common(task, [user(f"question {number}")] if prompt is None else prompt, ["model"]),
        "kind": "thumbs",
        "completion": [assistant(f"answer {number}")],
        "label": bool(number % 2),
        "weight": 0.666667,
        "judgments": [answer_view(number, "good" if number % 2 else "bad", reason="clear")],
    }
    return UnpairedExample(**{**values, **own})


def demonstration(number=1, *, prompt=None, **own):
    task = f"p-{number}"
    values = {
        **common(task, [user(f"question {number}")] if prompt is None else prompt, ["labeler"]),
        "kind": "demonstration",
        "completion": [assistant(f"ideal {number}")],
        "topic": None,
        "judgments": [answer_view(number, "written")],
    }
    return Demonstration(**{**values, **own})


def prompt_only(number=1, *, prompt=None, **own):
    task = f"p-{number}"
    values = {
        **common(task, [user(f"question {number}")] if prompt is None else prompt, []),
        "kind": "prompt_writing",
        "topic": f"topic {number}",
        "judgments": [answer_view(number, "written")],
    }
    return PromptOnly(**{**values, **own})


def rating(number=1, *, prompt=None, **own):
    task = f"p-{number}"
    answer = '{"flags": [[], ["Hallucination"]], "scores": [6, 2]}'
    values = {
        **common(task, [user(f"question {number}")] if prompt is None else prompt, ["new", "old"]),
        "kind": "rating",
        "responses": [[assistant(f"answer {number} {place}")] for place in range(2)],
        "scores": [6.0, 2.0],
        "flags": [[], [{"name": "Hallucination", "share": 1.0}]],
        "low": 1,
        "high": 7,
        "judgments": [answer_view(number, answer)],
    }
    return Rating(**{**values, **own})


MAKERS = {
    "preference": pair,
    "ranking": ranking,
    "unpaired": unpaired,
    "demonstration": demonstration,
    "prompt_only": prompt_only,
    "rating": rating,
}
"""How to make a record of each type: `MAKERS[config](number, prompt=...)`."""
